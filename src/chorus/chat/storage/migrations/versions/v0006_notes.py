"""Pins, saved messages, and drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add three tables, which an older version does not know."""
    op.create_table(
        "pins",
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("pinned_seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "seq", name="pk_pins"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pins_channel_id_pinned_seq", "pins", ["channel_id", "pinned_seq"])
    op.create_table(
        "saved_messages",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "channel_id", "seq", name="pk_saved_messages"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_saved_messages_account_id_at", "saved_messages", ["account_id", "at"])
    op.create_table(
        "drafts",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("thread", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "channel_id", "thread", name="pk_drafts"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take them away."""
    for table in ("drafts", "saved_messages", "pins"):
        op.drop_table(table)
