"""Where the chat is kept: one contract (`contract/`), implemented on SQLite and PostgreSQL. Begin at `opening.py`."""
