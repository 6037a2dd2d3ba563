"""Webhooks, their deliveries, and commands."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add five tables, which an older version does not know."""
    op.create_table(
        "incoming_webhooks",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("creator_id", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incoming_webhooks"),
    )
    op.create_table(
        "outgoing_webhooks",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("creator_id", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("failed_at", sa.BigInteger, nullable=True),
        sa.Column("trouble", sa.String(200), nullable=False),
        sa.Column("dropped", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outgoing_webhooks"),
    )
    op.create_index("ix_outgoing_webhooks_account_id", "outgoing_webhooks", ["account_id"])
    op.create_table(
        "webhook_positions",
        sa.Column("channel_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name="pk_webhook_positions"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("webhook_id", sa.String(32), nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("word", sa.String(64), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", "channel_id", "seq", name="pk_webhook_deliveries"),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["outgoing_webhooks.id"], name="fk_webhook_deliveries_webhook_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_webhook_deliveries_due_at", "webhook_deliveries", ["due_at"])
    op.create_table(
        "commands",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.String(100), nullable=False),
        sa.Column("hint", sa.String(100), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("creator_id", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_commands"),
    )


def downgrade() -> None:
    """Take them away."""
    for table in ("commands", "webhook_deliveries", "webhook_positions", "outgoing_webhooks", "incoming_webhooks"):
        op.drop_table(table)
