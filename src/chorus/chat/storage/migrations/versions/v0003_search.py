"""What search finds messages by. It is filled from the logs, by instances that know of it, whoever wrote them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FOLLOW = """
CREATE TRIGGER search_documents_inserted AFTER INSERT ON search_documents BEGIN
  INSERT INTO search_words (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER search_documents_deleted AFTER DELETE ON search_documents BEGIN
  INSERT INTO search_words (search_words, rowid, words) VALUES ('delete', old.id, old.words);
END;
CREATE TRIGGER search_documents_updated AFTER UPDATE OF words ON search_documents BEGIN
  INSERT INTO search_words (search_words, rowid, words) VALUES ('delete', old.id, old.words);
  INSERT INTO search_words (rowid, words) VALUES (new.id, new.words);
END
"""
"""FTS5's own pattern for a table whose content stands in another (sqlite.org/fts5.html, 4.4.3)."""


def upgrade() -> None:
    """Make the tables; on SQLite also the full-text index, which keeps no second copy of the words."""
    op.create_table(
        "search_positions",
        sa.Column("channel_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name="pk_search_positions"),
    )
    op.create_table(
        "search_documents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("sender_id", sa.Integer, nullable=False),
        sa.Column("has", sa.SmallInteger, nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_documents"),
        sa.UniqueConstraint("channel_id", "seq", name="uq_search_documents_channel_id_seq"),
    )
    for columns in (["at", "id"], ["sender_id", "at", "id"], ["channel_id", "at", "id"]):
        op.create_index(f"ix_search_documents_{'_'.join(columns)}", "search_documents", columns)
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_search_documents_words", "search_documents", ["words"], postgresql_using="gin")
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING fts5(words, content='search_documents', content_rowid='id', "
        "tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M*'\")"
    )
    for trigger in _FOLLOW.split("END;"):
        op.execute(trigger if trigger.rstrip().endswith("END") else f"{trigger}END")


def downgrade() -> None:
    """Take them away; the logs have everything that was in them."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_words")
    op.drop_table("search_documents")
    op.drop_table("search_positions")
