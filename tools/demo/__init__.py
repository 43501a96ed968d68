"""The demo business: a seeded small online shop whose true answers are known."""
