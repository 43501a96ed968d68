"""Requests that want a pipeline: reconciliations, and tables made from tables, with checks, files and a schedule."""
