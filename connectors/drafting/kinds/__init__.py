"""Kinds of documents that a connector is drafted from: one module each, with ``fits`` and ``read``."""
