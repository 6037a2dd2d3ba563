"""Places of exports, for all instances. An older version goes on counting its own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "export_places",
        sa.Column("account_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_export_places"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("export_places")
