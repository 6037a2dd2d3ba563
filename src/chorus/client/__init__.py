"""A bot in ten lines: start with `Bot`; docs/bots.md has the rest.

It uses what any program can use, the HTTP API and the live events, and imports nothing else of Chorus.
"""

from chorus.client.bot import Bot
from chorus.client.errors import ApiError, ClientError, Unreachable
from chorus.client.message import Message
from chorus.client.shapes import Account, Channel, Entry, Reaction

__all__ = ["Account", "ApiError", "Bot", "Channel", "ClientError", "Entry", "Message", "Reaction", "Unreachable"]
