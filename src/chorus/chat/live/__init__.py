"""Live connections: Socket.IO events on one side, actions on the other. Begin at `gateway.py`."""
