"""What kind of turn a message is, when it is no question: a wish to connect, to disconnect one, or a preference."""
