"""Owners' everyday turns, brought to the wordings that are read."""
