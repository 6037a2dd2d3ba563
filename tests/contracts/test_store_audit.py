"""What every store promises of the audit log: a line stands there if, and only if, what it tells of was done."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chorus.chat.domain.accounts import Role
from chorus.chat.domain.audit import AuditFilter, Record
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import Conflict, NotFound
from chorus.chat.domain.invites import Invite

EVERYTHING = AuditFilter()


def line(act="account.role_changed", at=1000, actor=1, **more):
    return Record(act, at, actor, **more)


async def written(store, asked=EVERYTHING, before=None, limit=100):
    return await store.audit(asked, before=before, limit=limit)


async def test_a_line_has_who_what_whom_where_when_and_from_where(store, ada, bob):
    """Row 17."""
    details = {"from": "member", "to": "admin"}
    told = line(actor=ada.id, account=bob.id, details=details, address="192.0.2.7")
    await store.change_account(bob.id, role=Role.ADMIN, audit=[told])

    [found] = await written(store)
    assert (found.act, found.actor, found.account, found.channel) == ("account.role_changed", ada.id, bob.id, 0)
    assert (found.details, found.address, found.at) == (details, "192.0.2.7", "1970-01-01T00:00:01.000Z")


async def test_what_was_refused_leaves_no_line(store, ada, bob):
    with pytest.raises(Conflict):
        await store.change_account(ada.id, role=Role.MEMBER, audit=[line()])
    with pytest.raises(NotFound):
        await store.remove_member(bob.id, ada.id, 99, audit=[line()])

    assert await written(store) == []


async def test_what_changed_nothing_leaves_no_line(store, ada, bob):
    assert not await store.revoke_invite("nobody's", audit=[line()])
    for _ in range(2):
        await store.remove_member(ada.id, bob.id, 1, audit=[line("channel.member_removed")])

    assert [each.act for each in await written(store)] == ["channel.member_removed"]


async def test_invites_channels_and_passwords_leave_theirs(store, ada, bob):
    invite = Invite("one", ada.id, Role.MEMBER, (), 1, None, None, 0)
    await store.create_invite(invite, audit=[line("invite.created")])
    await store.revoke_invite("one", audit=[line("invite.revoked")])
    await store.change_channel(ada.id, 1, name="town", audit=[line("channel.renamed")])
    await store.create_session(session_id="s" * 22, account_id=bob.id, refresh_hash=b"h" * 32, at=1, expires_at=9)
    ended = await store.reset_password(bob.id, "new", audit=[line("account.password_reset")])

    assert ended == ["s" * 22]
    assert await store.session("s" * 22, at=2) is None
    assert (await store.credentials("bob")).password_hash == "new"
    assert [each.act for each in await written(store)] == [
        "account.password_reset",
        "channel.renamed",
        "invite.revoked",
        "invite.created",
    ]


async def test_a_deletion_brings_its_line_into_the_same_commit_and_a_second_one_none(store, ada, bob):
    posted = await store.append(NewEntry(1, EntryKind.POSTED, 1, bob.id, uuid4(), text="hi", html="<p>hi</p>"))
    for _ in range(2):
        gone = NewEntry(
            1, EntryKind.DELETED, 2, ada.id, uuid4(), target=posted.entry.seq, audit=line("message.deleted")
        )
        await store.append(gone)

    assert [each.act for each in await written(store)] == ["message.deleted"]


async def test_pages_go_on_where_the_one_before_ended(store, ada, bob):
    for number in range(5):
        await store.change_account(bob.id, name=f"B{number}", audit=[line(at=number)])
    first = await written(store, limit=2)
    rest = await written(store, before=first[-1].id)

    assert [each.at[-4:-1] for each in (*first, *rest)] == ["004", "003", "002", "001", "000"]


async def test_lines_are_found_by_each_of_what_they_say(store, ada, bob):
    lines = [
        line("invite.created", at=1, actor=ada.id),
        line("invite.revoked", at=2, actor=bob.id),
        line("account.deactivated", at=3, actor=ada.id, account=bob.id),
        line("channel.renamed", at=4, actor=0, channel=7),
    ]
    await store.change_account(bob.id, name="B", audit=lines)

    async def ats(**asked):
        found = await written(store, AuditFilter(**asked))
        return [int(each.at[-4:-1]) for each in found]

    assert await ats(act="invite.created") == [1]
    assert await ats(act="invite.") == [2, 1]
    assert await ats(act="in_ite.") == []
    assert await ats(actor=ada.id) == [3, 1]
    assert await ats(actor=0) == [4]
    assert await ats(account=bob.id) == [3]
    assert await ats(channel=7) == [4]
    assert await ats(since=2, until=4) == [3, 2]


async def test_old_lines_are_taken_away_a_bounded_number_at_once(store, ada, bob):
    await store.change_account(bob.id, name="B", audit=[line(at=number) for number in range(5)])

    assert [await store.forget_audit(before=4, limit=3) for _ in range(3)] == [3, 1, 0]
    assert [each.at for each in await written(store)] == ["1970-01-01T00:00:00.004Z"]


async def test_a_line_is_never_changed_not_even_by_a_statement(store, ada, bob):
    """Row 17: append-only, kept by the database itself."""
    await store.change_account(bob.id, name="B", audit=[line()])

    with pytest.raises(DBAPIError, match="the audit log only grows"):
        await store.database.write(lambda c: c.execute(text("UPDATE audit_log SET actor_id = 9")))
    assert [each.actor for each in await written(store)] == [1]
