"""Edits, deletes, reactions, threads and mentions. An older version goes on appending entries without them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns that an older version leaves at their defaults, and tables that it does not know."""
    op.add_column("entries", sa.Column("target", sa.BigInteger, nullable=True))
    op.add_column("entries", sa.Column("thread", sa.BigInteger, nullable=True))
    op.add_column("entries", sa.Column("quiet", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("entries", sa.Column("details", sa.Text, nullable=True))
    for name, columns, where in (
        ("ix_entries_target", ["channel_id", "target"], ("target IS NOT NULL", "target IS NOT NULL")),
        ("ix_entries_thread", ["channel_id", "thread", "seq"], ("thread IS NOT NULL", "thread IS NOT NULL")),
        ("ix_entries_quiet", ["channel_id", "quiet", "seq"], ("quiet = 1", "quiet")),
    ):
        op.create_index(name, "entries", columns, sqlite_where=sa.text(where[0]), postgresql_where=sa.text(where[1]))
    op.create_table(
        "message_states",
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=True),
        sa.Column("html", sa.Text, nullable=True),
        sa.Column("edited_at", sa.BigInteger, nullable=True),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("reply_count", sa.Integer, nullable=False),
        sa.Column("details", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("channel_id", "seq", name="pk_message_states"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mentions",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("sender_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "channel_id", "seq", name="pk_mentions"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mentions_channel_id_seq", "mentions", ["channel_id", "seq"])


def downgrade() -> None:
    """Take the tables and columns away; what was said in threads stays, as ordinary messages."""
    op.drop_table("mentions")
    op.drop_table("message_states")
    for name in ("ix_entries_target", "ix_entries_thread", "ix_entries_quiet"):
        op.drop_index(name, table_name="entries")
    for column in ("target", "thread", "quiet", "details"):
        op.drop_column("entries", column)
