"""Run any ASGI application, or any program, as a supervised cluster."""
