"""What the chat is about: structs, rules and errors. Pure: no I/O, no clock, no randomness."""
