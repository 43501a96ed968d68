"""From an approved spec to a finished run, without a model."""
