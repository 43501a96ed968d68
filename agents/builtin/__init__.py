"""The planner that needs no model: deterministic, offline, stage by stage."""
