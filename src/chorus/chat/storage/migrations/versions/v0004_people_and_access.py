"""Kinds of channels, invites, deactivation, devices and bots' tokens.

An older version beside this one would take every channel for a public one; step 8 keeps such versions away.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns that an older version leaves at their defaults, and tables that it does not know."""
    op.add_column("channels", sa.Column("kind", sa.String(16), nullable=False, server_default="public"))
    op.add_column("channels", sa.Column("creator_id", sa.Integer, nullable=False, server_default="0"))
    op.add_column("channels", sa.Column("archived_at", sa.BigInteger, nullable=True))
    op.add_column("accounts", sa.Column("deactivated_at", sa.BigInteger, nullable=True))
    op.add_column("sessions", sa.Column("agent", sa.String(300), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("address", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "invites",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("creator_id", sa.Integer, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("channels", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=True),
        sa.Column("most", sa.Integer, nullable=True),
        sa.Column("used", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_tokens_account_id", ondelete="CASCADE"),
    )
    op.create_index("ix_tokens_account_id", "tokens", ["account_id"])


def downgrade() -> None:
    """Take the columns and tables away; what was private is public then, so private channels go as well."""
    op.execute("DELETE FROM channels WHERE kind <> 'public'")
    op.drop_table("tokens")
    op.drop_table("invites")
    for table, columns in (
        ("sessions", ("agent", "address")),
        ("accounts", ("deactivated_at",)),
        ("channels", ("kind", "creator_id", "archived_at")),
    ):
        for column in columns:
            op.drop_column(table, column)
