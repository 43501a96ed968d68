"""What is remembered: one store a workspace, for connections, specs, approvals, threads, runs and the audit trail."""
