"""Messages for the suites of the stores."""

from uuid import uuid4

from chorus.chat.domain.entries import EntryKind, NewEntry


def posted(sender, text="hi", *, channel=1, client_id=None):
    return NewEntry(channel, EntryKind.POSTED, 1000, sender.id, client_id or uuid4(), text, f"<p>{text}</p>")


async def post(store, sender, *texts, channel=1):
    for text in texts:
        await store.append(posted(sender, text, channel=channel))
