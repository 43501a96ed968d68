"""Kinds of machine-readable descriptions that vendors publish: one file a kind."""
