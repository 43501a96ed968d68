"""From linked words to a Meaning: figures, filters, groups and order, read from left to right."""
