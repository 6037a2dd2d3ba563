"""Engine.IO, protocol version 4, without I/O: messages in, events out, deadlines asked for.

https://socket.io/docs/v4/engine-io-protocol/
"""
