"""Who plans: one file a provider."""
