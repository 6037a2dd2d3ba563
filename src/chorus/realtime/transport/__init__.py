"""How bytes come and go: WebSockets on picows, on the port that uvicorn listens on."""
