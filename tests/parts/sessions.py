"""Sessions on a wire that is a list, and what their clients hear."""

import json

from parts.wire import FakeSession
from waiting import eventually


async def connected(server, namespace="/"):
    """A session whose client was let in, and its sid."""
    session = FakeSession(server)
    session.say("40" if namespace == "/" else f"40{namespace},")
    heard = await answers(session)
    return session, json.loads(heard[0][heard[0].index("{") :])["sid"]


async def answers(session, number=1):
    """The next messages, at least `number`."""
    heard = []

    def enough():
        heard.extend(session.heard())
        return len(heard) >= number

    await eventually(enough, what=f"{number} messages, so far {heard}")
    return heard
