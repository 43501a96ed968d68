"""Words before any data: how people write, in five languages, and what their turns come to."""
