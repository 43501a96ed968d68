"""Suites: what is measured. A file here is a suite, found by its name."""
