"""Data quality: what a table holds, rules that fit it, a score, and cells that are probably wrong."""
