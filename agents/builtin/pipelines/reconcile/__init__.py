"""Money that should agree between systems: find who plays which role from the data itself, then plan the walk."""
