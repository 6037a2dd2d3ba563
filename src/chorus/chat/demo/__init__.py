"""A believable team with years of talk, made up: people, channels, messages, files. The same for the same seed."""
