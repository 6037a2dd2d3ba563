"""Calling programs of others by HTTP, signed, and only where they may be called. Begin at `caller.py`."""
