"""From a run to documents."""
