"""The road between the command line and the manager: `client` (synchronous, light) and `server` (asyncio)."""
