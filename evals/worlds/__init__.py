"""Worlds that conversations are held in: seeded data with planted mess, and a ledger of what is true of it."""
