"""What vendors keep beside lists, and what they take: one file a way."""
