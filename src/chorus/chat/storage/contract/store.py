"""The whole of it, as one instance has it."""

from typing import Protocol

from chorus.chat.storage.contract.accounts import AccountStore
from chorus.chat.storage.contract.audit import AuditStore
from chorus.chat.storage.contract.channels import ChannelStore
from chorus.chat.storage.contract.exports import ExportStore
from chorus.chat.storage.contract.files import FileStore
from chorus.chat.storage.contract.integrations import IntegrationStore
from chorus.chat.storage.contract.invites import InviteStore
from chorus.chat.storage.contract.messages import MessageStore
from chorus.chat.storage.contract.notes import NoteStore
from chorus.chat.storage.contract.retention import RetentionStore
from chorus.chat.storage.contract.search import SearchStore
from chorus.chat.storage.contract.sessions import SessionStore
from chorus.chat.storage.contract.stats import StatsStore


class Store(
    AccountStore,
    InviteStore,
    SessionStore,
    ChannelStore,
    MessageStore,
    NoteStore,
    FileStore,
    SearchStore,
    RetentionStore,
    ExportStore,
    AuditStore,
    StatsStore,
    Protocol,
):
    """The chat's database. One a process; safe for any number of tasks of one event loop."""

    @property
    def integrations(self) -> IntegrationStore:
        """What it keeps of bots, webhooks and commands."""
        ...

    async def start(self) -> None:
        """Bring the schema up to date, once for all that start together, and open the connections."""
        ...

    async def close(self) -> None:
        """Finish the appends under way and close the connections; a closed store raises DatabaseUnavailable."""
        ...

    async def ping(self) -> float:
        """Ask for an answer; returns the latency in seconds."""
        ...

    async def erase(self) -> None:
        """Take out everybody and everything; contents of files are taken away later, as of any that nobody can have."""
        ...
