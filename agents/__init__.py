"""From a conversation to a plan, with any model or none."""
