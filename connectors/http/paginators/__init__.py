"""Ways in which a list comes in pages: one file a way."""
