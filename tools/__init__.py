"""Typed functions that an agent, the shell, HTTP and MCP may call."""
