"""The declarative engine: a system with an HTTP API is a ``connector.yaml``, and this reads it."""
