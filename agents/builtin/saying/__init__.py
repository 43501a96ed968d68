"""What is said beside an answer: its reading, its assumptions, its shape, its chart."""
