"""Instructions: what can be done to rows, a file each."""
