"""The chat: people, channels and a log that cannot lose."""
