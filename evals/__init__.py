"""Suites, scorers, harness."""
