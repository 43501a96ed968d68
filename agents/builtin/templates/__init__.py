"""Plans for what owners of small businesses ask most: a folder each, found by its name."""
