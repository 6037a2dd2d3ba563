"""The worker: runs inside an instance, adopts sockets and serves one ASGI application."""
