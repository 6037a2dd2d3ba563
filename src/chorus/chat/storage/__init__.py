"""Where the chat is kept: one contract (`contract.py`), implemented on SQLite and PostgreSQL. Begin at `opening.py`."""
