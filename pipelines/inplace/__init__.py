"""Computing in the database that has the data: what is asked of it, and how its results are published."""
