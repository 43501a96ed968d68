"""Ways in which a system tells the cells of a sheet: one file a way."""
