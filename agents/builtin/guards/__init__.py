"""What keeps an answer from being silently wrong: nothing said is lost, nothing unsaid is added."""
