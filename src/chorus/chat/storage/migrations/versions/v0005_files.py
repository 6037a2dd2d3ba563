"""Files attached to messages."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table, and a column that an older version leaves empty."""
    op.add_column("entries", sa.Column("files", sa.Text, nullable=True))
    op.create_table(
        "files",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("preview", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
    )
    op.create_index("ix_files_channel_id_seq", "files", ["channel_id", "seq"])
    for name, columns in (
        ("ix_files_waiting", ["account_id"]),
        ("ix_files_abandoned", ["created_at"]),
    ):
        where = sa.text("seq IS NULL")
        op.create_index(name, "files", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take them away; the contents stay where they are."""
    op.drop_table("files")
    op.drop_column("entries", "files")
