"""What the planner knows of the data: tables, columns, keys, roles and stored values as a graph."""
