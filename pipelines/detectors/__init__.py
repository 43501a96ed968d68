"""Detectors of wrong cells: one file a kind of mistake."""
