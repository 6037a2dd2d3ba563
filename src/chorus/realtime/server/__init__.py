"""The Socket.IO server: sessions, namespaces, clients, and what is sent to many at once."""
