"""What is remembered: workspaces, connections, specs, approvals, threads, runs."""
