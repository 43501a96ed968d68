"""Ways in which a list may come in pages, as a description shows them: one module each, named as the paginator."""
