"""Requests read as recipes: one instruction after the other, each word of them understood or none."""
