"""Ways in which a request proves who sends it: one file a way."""
