"""What every connector of a system has to keep to, tried on the vendor's own description."""
