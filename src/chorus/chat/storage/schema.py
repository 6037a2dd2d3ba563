"""The tables. `migrations/` makes them; a test compares the two.

A channel's log is `entries`, its end `channels.last_seq`. The row of a channel is locked from the moment an entry takes
its number until that entry is committed, so numbers have no gaps and follow the order of the commits.

A message that was edited, deleted, replied or reacted to has its present state in `message_states`, written under the
same lock by the entry that changed it; one without a row there is as it was posted.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)

from chorus.chat.storage.text_types import TsVector

HEAD = 10
"""The revision that this code needs; a newer one in the database is one that this code can live with."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

server = Table(
    "server",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("owner_id", Integer, nullable=True),  # the first account; the row is the lock under which accounts are made
    Column("oldest_code", SmallInteger, nullable=False, server_default="0"),  # HEAD that code must have: schema_version
    Column("retention", Integer, nullable=False, server_default="0"),  # days that messages are kept; 0: for ever
    Column("swept_at", BigInteger, nullable=False, server_default="0"),  # when an instance began to look for old ones
    CheckConstraint("id = 1", name="single"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("handle", String(32), nullable=False),
    Column("handle_key", String(32), nullable=False, unique=True),  # the handle in lower case
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # milliseconds since 1970, as all times
    Column("deactivated_at", BigInteger, nullable=True),
    info={"sqlite_autoincrement": True},
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("refresh_hash", LargeBinary(32), nullable=False),  # SHA-256 of the one refresh token that is good now
    Column("created_at", BigInteger, nullable=False),
    Column("refreshed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("agent", String(300), nullable=False, server_default=""),  # what the device calls itself: User-Agent
    Column("address", String(64), nullable=False, server_default=""),  # where it signed in
    Index(None, "account_id", "refreshed_at"),
)

invites = Table(
    "invites",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("creator_id", Integer, nullable=False),
    Column("role", String(16), nullable=False),  # of whoever signs up with it
    Column("channels", Text, nullable=False),  # JSON: ids of channels that they are added to
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=True),
    Column("most", Integer, nullable=True),  # accounts that may be made with it
    Column("used", Integer, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("secret_hash", LargeBinary(32), nullable=False),  # SHA-256
    Column("name", String(64), nullable=False),
    Column("scopes", Text, nullable=False),  # JSON: what may be done with it
    Column("created_at", BigInteger, nullable=False),
    Index(None, "account_id"),
)

channels = Table(
    "channels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),  # of a conversation: its people (conversations.py)
    Column("topic", String(250), nullable=False),
    Column("for_all", Boolean, nullable=False),  # every new account joins it
    Column("last_seq", BigInteger, nullable=False),  # number of its newest entry
    Column("members", Integer, nullable=False),  # rows in memberships, counted so that a list need not
    Column("created_at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False, server_default="public"),
    Column("creator_id", Integer, nullable=False, server_default="0"),  # 0: made with the server
    Column("archived_at", BigInteger, nullable=True),
    Column("retention", Integer, nullable=True),  # days; null: the server's
    Column("floor", BigInteger, nullable=False, server_default="0"),  # entries up to this seq are gone
    info={"sqlite_autoincrement": True},
)

memberships = Table(
    "memberships",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("channel_id", Integer, ForeignKey("channels.id", ondelete="CASCADE"), nullable=False),
    Column("read_seq", BigInteger, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "channel_id"),
    Index(None, "channel_id"),
    info={"sqlite_with_rowid": False},
)

entries = Table(
    "entries",
    metadata,
    Column("channel_id", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sender_id", Integer, nullable=False),
    Column("client_id", Uuid, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("target", BigInteger, nullable=True),  # seq of the message that this entry changes
    Column("thread", BigInteger, nullable=True),  # seq of the root, in replies and in what changes them
    Column("quiet", Boolean, nullable=False, server_default=false()),  # does not count as unread
    Column("details", Text, nullable=True),  # JSON: emoji, mentions, unmentions
    Column("files", Text, nullable=True),  # JSON: what is attached, as it is told
    Index(
        "ix_entries_target",
        "channel_id",
        "target",
        info={"sqlite_where": text("target IS NOT NULL"), "postgresql_where": text("target IS NOT NULL")},
    ),
    Index(
        "ix_entries_thread",
        "channel_id",
        "thread",
        "seq",
        info={"sqlite_where": text("thread IS NOT NULL"), "postgresql_where": text("thread IS NOT NULL")},
    ),
    Index(
        "ix_entries_quiet",
        "channel_id",
        "quiet",
        "seq",
        info={"sqlite_where": text("quiet = 1"), "postgresql_where": text("quiet")},
    ),
    # No foreign keys: the append has just proved the membership in the same transaction, and two checks an entry are
    # a third of its cost on PostgreSQL.
    PrimaryKeyConstraint("channel_id", "seq"),
    UniqueConstraint("sender_id", "client_id"),
    info={"sqlite_with_rowid": False},
)

message_states = Table(
    "message_states",
    metadata,
    Column("channel_id", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("text", Text, nullable=True),  # null, as the html: as it was posted
    Column("html", Text, nullable=True),
    Column("edited_at", BigInteger, nullable=True),
    Column("deleted", Boolean, nullable=False),
    Column("reply_count", Integer, nullable=False),
    Column("details", Text, nullable=True),  # JSON: mentions, reactions
    PrimaryKeyConstraint("channel_id", "seq"),
    info={"sqlite_with_rowid": False},
)

files = Table(
    "files",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", Integer, nullable=False),  # who uploaded it; 0 when nobody is to have it any more
    Column("channel_id", Integer, nullable=False),
    Column("seq", BigInteger, nullable=True),  # of the message that it is in
    Column("name", String(200), nullable=False),
    Column("type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("preview", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "channel_id", "seq"),
    Index(
        "ix_files_waiting",
        "account_id",
        info={"sqlite_where": text("seq IS NULL"), "postgresql_where": text("seq IS NULL")},
    ),
    Index(
        "ix_files_abandoned",
        "created_at",
        info={"sqlite_where": text("seq IS NULL"), "postgresql_where": text("seq IS NULL")},
    ),
)

pins = Table(
    "pins",
    metadata,
    Column("channel_id", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("pinned_seq", BigInteger, nullable=False),  # of the entry that pinned it
    PrimaryKeyConstraint("channel_id", "seq"),
    Index(None, "channel_id", "pinned_seq"),
    info={"sqlite_with_rowid": False},
)

saved_messages = Table(
    "saved_messages",
    metadata,
    Column("account_id", Integer, nullable=False),
    Column("channel_id", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "channel_id", "seq"),
    Index(None, "account_id", "at"),
    info={"sqlite_with_rowid": False},
)

drafts = Table(
    "drafts",
    metadata,
    Column("account_id", Integer, nullable=False),
    Column("channel_id", Integer, nullable=False),
    Column("thread", BigInteger, nullable=False),  # 0: of the channel itself
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "channel_id", "thread"),
    info={"sqlite_with_rowid": False},
)

export_places = Table(
    "export_places",
    metadata,
    Column("account_id", Integer, primary_key=True, autoincrement=False),
    Column("holder", String(32), nullable=False),
    Column("until", BigInteger, nullable=False),  # it counts so long; an export that goes on puts this off
)

search_positions = Table(
    "search_positions",
    metadata,
    Column("channel_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),  # the index has what the log says up to here; the row is its lock
)

search_documents = Table(
    "search_documents",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("channel_id", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sender_id", Integer, nullable=False),
    Column("has", SmallInteger, nullable=False),  # the bits of domain/search.py
    Column("words", Text().with_variant(TsVector(), "postgresql"), nullable=False),  # on SQLite, separated by spaces
    UniqueConstraint("channel_id", "seq"),
    Index(None, "at", "id"),
    Index(None, "sender_id", "at", "id"),
    Index(None, "channel_id", "at", "id"),
    Index("ix_search_documents_words", "words", info={"postgresql_using": "gin"}).ddl_if("postgresql"),
)
"""Messages as search finds them. On SQLite an FTS5 table, `search_words`, follows this one by triggers."""

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("act", String(40), nullable=False),
    Column("actor_id", Integer, nullable=False),  # 0: the command line
    Column("account_id", Integer, nullable=False),  # to whom; 0: to nobody
    Column("channel_id", Integer, nullable=False),  # 0: nowhere in particular
    Column("details", Text, nullable=False),  # JSON
    Column("address", String(200), nullable=False),
    Index(None, "at"),
    Index(None, "actor_id", "id"),
    Index(None, "account_id", "id"),
    info={"sqlite_autoincrement": True},
)
"""Only grows, until its lines are older than they are kept; a trigger refuses every change of one."""

mentions = Table(
    "mentions",
    metadata,
    Column("account_id", Integer, nullable=False),  # 0: everybody in the channel
    Column("channel_id", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("sender_id", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "channel_id", "seq"),
    Index("ix_mentions_channel_id_seq", "channel_id", "seq"),
    info={"sqlite_with_rowid": False},
)

incoming_webhooks = Table(
    "incoming_webhooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", Integer, nullable=False),  # the bot that says what comes in
    Column("channel_id", Integer, nullable=False),
    Column("name", String(64), nullable=False),
    Column("secret_hash", LargeBinary(32), nullable=False),  # SHA-256
    Column("creator_id", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

outgoing_webhooks = Table(
    "outgoing_webhooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", Integer, nullable=False),  # the bot that hears, and says what is answered
    Column("channel_id", Integer, nullable=True),  # null: each one that the bot is in
    Column("name", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("words", Text, nullable=False),  # JSON: what a message begins with; none: any
    Column("secret", String(64), nullable=False),  # what is sent is signed with it
    Column("creator_id", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("failed_at", BigInteger, nullable=True),  # since a delivery succeeded, the last one that did not
    Column("trouble", String(200), nullable=False),  # why
    Column("dropped", Integer, nullable=False),  # given up, or not taken in because too many waited
    Index(None, "account_id"),
)

webhook_positions = Table(
    "webhook_positions",
    metadata,
    Column("channel_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),  # the log was looked through up to here; the row is its lock
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("webhook_id", String(32), ForeignKey("outgoing_webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("channel_id", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("word", String(64), nullable=False),  # what the message begins with
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),  # while one is under way, when another instance may take over
    PrimaryKeyConstraint("webhook_id", "channel_id", "seq"),
    Index(None, "due_at"),
    info={"sqlite_with_rowid": False},
)

commands = Table(
    "commands",
    metadata,
    Column("name", String(32), primary_key=True),  # what is typed after the slash
    Column("account_id", Integer, nullable=False),  # the bot that answers
    Column("url", Text, nullable=False),
    Column("description", String(100), nullable=False),
    Column("hint", String(100), nullable=False),  # of what is typed after the name
    Column("secret", String(64), nullable=False),
    Column("creator_id", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)


def as_made() -> MetaData:
    """The tables as they are made: with the options of either database, for whoever makes or compares them.

    What stands under `info` above are keywords of SQLAlchemy's dialects. To take one, it loads the dialect, and each is
    megabytes in a process: a worker needs the one of its database, and the options never.
    """
    for table in metadata.tables.values():
        for made in (table, *table.indexes):
            made.dialect_kwargs.update(made.info)
    return metadata
