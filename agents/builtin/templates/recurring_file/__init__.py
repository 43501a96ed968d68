"""A file that somebody sends again and again, made into one clean table."""
