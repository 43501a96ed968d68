"""The outside world: one folder a system, one contract for all."""
