"""Accounts and channels of one moment."""

from sqlalchemy import Connection

from chorus.chat.storage.contract import Overview
from chorus.chat.storage.queries.accounts import list_accounts
from chorus.chat.storage.queries.channels import list_channels


def overview(connection: Connection, account_id: int, *, joined_only: bool, strangers: bool = True) -> Overview:
    """What a client begins with; the transaction must be a snapshot."""
    people = list_accounts(connection, seen_by=None if strangers else account_id)
    return Overview(people, list_channels(connection, account_id, joined_only=joined_only))
