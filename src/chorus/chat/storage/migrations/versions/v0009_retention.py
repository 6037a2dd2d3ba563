"""How long messages are kept. An older version keeps away: it would take the gap where they were for a log's end."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
oldest_code = 9
"""Code of the step before reads an empty page below the floor, and follows the channel no further."""

down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns that say: for ever."""
    op.add_column("server", sa.Column("retention", sa.Integer, nullable=False, server_default="0"))
    op.add_column("server", sa.Column("swept_at", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("channels", sa.Column("retention", sa.Integer, nullable=True))
    op.add_column("channels", sa.Column("floor", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    """Take them away; what is gone stays so."""
    for table, columns in (("channels", ("floor", "retention")), ("server", ("swept_at", "retention"))):
        for column in columns:
            op.drop_column(table, column)
