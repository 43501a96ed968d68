"""A message of several sentences: what it asks, what it says of the rows that count, and what it only tells."""
