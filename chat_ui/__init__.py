"""The chat page: Chainlit over the service; events in, replies out, no decisions."""
