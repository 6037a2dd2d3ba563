"""Chorus: a process manager, a Socket.IO server and a chat that runs as a cluster on both."""

__version__ = "0.1.0"
