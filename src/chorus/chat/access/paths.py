"""Where clients find the chat, below its address. They count on it: another number of the API is another API."""

from typing import Final

API: Final = "/api/v1"
"""The HTTP API; each resource has its path behind it."""

SOCKETS: Final = "/socket.io/"
"""The live connections, by WebSocket or long polling."""
