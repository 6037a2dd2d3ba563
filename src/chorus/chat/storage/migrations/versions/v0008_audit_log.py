"""The audit log, and which code may use the database. An older version goes on without writing to the former."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

oldest_code = 8
"""From here on every version knows how to keep away. Older ones, which took private channels for public, never did."""

_KEEP_SQLITE = """
CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'the audit log only grows');
END
"""
_KEEP_POSTGRES = (
    """
CREATE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$
""",
    "CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_stays()",
)


def upgrade() -> None:
    """Add a table and a column."""
    op.add_column("server", sa.Column("oldest_code", sa.SmallInteger, nullable=False, server_default="0"))
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("actor_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        sqlite_autoincrement=True,
    )
    for columns in (["at"], ["actor_id", "id"], ["account_id", "id"]):
        op.create_index(f"ix_audit_log_{'_'.join(columns)}", "audit_log", columns)
    for statement in _KEEP_POSTGRES if op.get_bind().dialect.name == "postgresql" else (_KEEP_SQLITE,):
        op.execute(statement)


def downgrade() -> None:
    """Take them away."""
    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_stays")
    op.drop_column("server", "oldest_code")
