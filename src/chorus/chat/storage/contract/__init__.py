"""What the chat asks of its database.

    store = open_store(DatabaseSettings(url="sqlite:///chat.db"))
    await store.start()                                             # schema brought up to date, connections opened
    made = await store.create_account(handle="ada", name="Ada", password_hash=…, at=now, role=Role.MEMBER)
    appended = await store.append(NewEntry(made.joined[0].id, …))     # durable when it returns
    page = await store.history(made.account.id, made.joined[0].id, limit=50)
    await store.close()

Every read and write of a channel is scoped by membership in the transaction that does it: a channel that the account is
not in is NotFound, like one that does not exist. `at` is wall time in milliseconds since 1970. Every method may raise
DatabaseUnavailable, and the next call tries anew. `audit` are lines for the audit log, written in the transaction that
does what they tell of, or not at all.

A file for each noun; `Store` is all of it.
"""

from chorus.chat.storage.contract.accounts import AccountMade, Credentials
from chorus.chat.storage.contract.channels import ConversationOpened, Overview
from chorus.chat.storage.contract.files import KeptFile
from chorus.chat.storage.contract.messages import Appended
from chorus.chat.storage.contract.search import Found, Place
from chorus.chat.storage.contract.sessions import Standing
from chorus.chat.storage.contract.stats import Stats
from chorus.chat.storage.contract.store import Store

__all__ = [
    "AccountMade",
    "Appended",
    "ConversationOpened",
    "Credentials",
    "Found",
    "KeptFile",
    "Overview",
    "Place",
    "Standing",
    "Stats",
    "Store",
]
