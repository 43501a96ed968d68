"""Steps: one file a transform."""
