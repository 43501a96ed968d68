"""What the text of columns spells, found out from all of its values."""
