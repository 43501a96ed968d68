"""A copy of what a system or a database holds, kept up to date in a database of one's own."""
