"""The contract: what a pipeline, a run and a report are. No effects; imports nothing of ours."""
