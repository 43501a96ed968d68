"""The versioned HTTP API: the same tools as every surface, for programs."""
