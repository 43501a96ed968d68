"""What the step ``match`` is made of: what a pair may differ by, and which of the possible pairs are made."""
