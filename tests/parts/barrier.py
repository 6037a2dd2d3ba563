"""Waiting until instances have heard what the others said."""

from chorus.realtime import Server


async def heard_by_all(*servers: Server) -> None:
    """Have each of them ask all others something that concerns nobody.

    Each question goes behind everything that its asker has said, each answer behind everything that the one who answers
    has said and listens to. The instances must know of each other.
    """
    for server in servers:
        answers = await server.namespace("/").to("a room that nobody is in").call("is all heard?", timeout=10.0)
        assert answers.silent == (), f"no answer from {answers.silent}"
