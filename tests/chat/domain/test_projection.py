"""From the log to its messages: one sentence a test, and one property."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.domain.entries import Entry, EntryKind, NewEntry, Reaction
from chorus.chat.domain.errors import ChatError
from chorus.chat.domain.projection import applied, followed, snapshot_of
from chorus.chat.storage.appending import Facts, decide, roots, touched

POSTED, EDITED, DELETED = EntryKind.POSTED, EntryKind.EDITED, EntryKind.DELETED
REACTED, UNREACTED = EntryKind.REACTED, EntryKind.UNREACTED


def line(seq, kind=POSTED, text="", *, sender=1, **fields):
    return Entry(1, seq, kind, f"at {seq}", sender, uuid4(), text, f"<p>{text}</p>", **fields)


MESSAGE = line(1, text="hi")


def test_an_edit_gives_the_text_and_says_when():
    edited = applied(MESSAGE, line(2, EDITED, "ho", target=1, mentions=(5,)))

    assert (edited.text, edited.html, edited.edited_at, edited.mentions) == ("ho", "<p>ho</p>", "at 2", (5,))
    assert (edited.seq, edited.at, edited.client_id) == (1, "at 1", MESSAGE.client_id)


def test_a_deleted_message_stays_as_it_is():
    deleted = applied(MESSAGE, line(2, DELETED, target=1))

    assert (deleted.text, deleted.html, deleted.deleted) == ("", "", True)
    assert applied(deleted, line(3, EDITED, "back", target=1)) is deleted
    assert applied(deleted, line(3, REACTED, target=1, emoji="👍")) is deleted


def test_an_emoji_goes_with_its_last_account():
    liked = applied(MESSAGE, line(2, REACTED, target=1, emoji="👍", sender=5))
    twice = applied(liked, line(3, REACTED, target=1, emoji="👍", sender=6))
    back = applied(twice, line(4, UNREACTED, target=1, emoji="👍", sender=5))

    assert twice.reactions == (Reaction("👍", (5, 6)),)
    assert back.reactions == (Reaction("👍", (6,)),)
    assert applied(back, line(5, UNREACTED, target=1, emoji="👍", sender=6)).reactions == ()


def test_emoji_stand_in_the_order_in_which_each_came_first():
    message = MESSAGE
    for seq, (emoji, sender) in enumerate([("👍", 5), ("🎉", 5), ("🚀", 6), ("🎉", 6)], start=2):
        message = applied(message, line(seq, REACTED, target=1, emoji=emoji, sender=sender))

    assert message.reactions == (Reaction("👍", (5,)), Reaction("🎉", (5, 6)), Reaction("🚀", (6,)))


def test_a_line_that_a_page_has_already_is_passed_over():
    reply = line(2, text="reply", thread=1)
    page = snapshot_of([applied(MESSAGE, reply), reply], as_of=2)

    assert followed(page, [reply])[1].message.reply_count == 1
    assert followed(page, [line(3, text="another", thread=1)])[1].message.reply_count == 2


def test_kinds_of_a_newer_version_change_nothing():
    assert applied(MESSAGE, line(2, EntryKind("forwarded"), target=1)) is MESSAGE
    assert EntryKind("forwarded") == "forwarded"


class Log:
    """One channel, written as the stores write it."""

    def __init__(self):
        self.lines = []
        self.messages = {}

    def add(self, new):
        places = touched([new])
        held = {place: self.messages[place] for place in places if place in self.messages}
        held |= {place: self.messages[place] for place in roots(held)}
        members = frozenset({(new.sender, 1)})
        plan = decide([new], Facts({}, members, {1: len(self.lines)}, frozenset(), held))
        for entry in plan.entries:
            self.lines.append(entry)
            if entry.kind is POSTED:
                self.messages[1, entry.seq] = entry
        self.messages |= plan.states
        return plan.outcomes[0]

    def page(self):
        """All messages as they are, as history answers."""
        return snapshot_of(self.messages.values(), len(self.lines))


acts = st.builds(
    lambda kind, sender, seq, emoji, text: NewEntry(
        1,
        kind,
        0,
        sender,
        uuid4(),
        text if kind in (POSTED, EDITED) else "",
        text if kind in (POSTED, EDITED) else "",
        target=0 if kind is POSTED else seq,
        thread=seq if kind is POSTED and seq % 2 else 0,
        emoji=emoji if kind in (REACTED, UNREACTED) else "",
    ),
    st.sampled_from([POSTED, POSTED, POSTED, EDITED, DELETED, REACTED, UNREACTED]),
    st.integers(1, 3),
    st.integers(0, 12),
    st.sampled_from(["👍", "🎉"]),
    st.text("ab", min_size=1, max_size=2),
)


@given(st.lists(acts, max_size=40), st.data())
def test_the_fold_of_the_log_is_any_page_and_the_fold_of_the_rest(done, data):
    """Row 9: whoever loads a page at any seq and follows ends where one is that followed from the start."""
    log = Log()
    pages = [log.page()]
    for new in done:
        outcome = log.add(new)
        if not isinstance(outcome, ChatError) and not outcome.repeated:
            pages.append(log.page())

    at = data.draw(st.integers(0, len(pages) - 1))
    overlap = data.draw(st.integers(0, at))  # lines that come although the page has them
    whole = {seq: known.message for seq, known in followed({}, log.lines).items()}
    joined = {seq: known.message for seq, known in followed(pages[at], log.lines[at - overlap :]).items()}
    assert whole == joined == {seq: message for (_, seq), message in log.messages.items()}


def test_row_9_a_pin_stands_until_it_is_taken_away_or_the_message_deleted():
    pinned = applied(MESSAGE, line(2, EntryKind.PINNED, target=1))

    assert pinned.pinned
    assert not applied(pinned, line(3, EntryKind.UNPINNED, target=1)).pinned
    assert not applied(pinned, line(3, EntryKind.DELETED, target=1)).pinned
