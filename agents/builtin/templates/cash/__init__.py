"""Whether the money on the bank accounts lasts."""
