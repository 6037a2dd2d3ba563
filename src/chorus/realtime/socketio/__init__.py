"""Socket.IO, protocol version 5, without I/O: packets with attachments, and the answers that are awaited.

https://socket.io/docs/v4/socket-io-protocol/
"""
