"""The times of both protocols that move sessions: to another process, and to the instance that a WebSocket reached."""

SETTLE = 0.05
"""Seconds between beginning to remember what rooms bring and saying so: what was published before is out then, and is
not taken for something that came later."""

HEARS_WITHIN = 0.3
"""Seconds until what was subscribed to is heard, for certain."""

LOOK = 0.005
"""Seconds between two looks whether a session has come to rest."""
