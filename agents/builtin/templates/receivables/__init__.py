"""Who owes money, and how late."""
