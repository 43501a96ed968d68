"""Surfaces: events in, replies out, no decisions."""
