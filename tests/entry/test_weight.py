"""What a worker has in memory before anybody comes: libraries that few need, or none with this database, stay out."""

import subprocess
import sys

import pytest

NEVER = ("alembic", "cryptography.hazmat", "joserfc", "sqlalchemy.orm", "httpx", "PIL", "obstore")
"""What is done in a process of its own, by another program, or not at all."""

LATE = ("pygments.lexers", "pygments.formatters", "chorus.chat.demo", "chorus.chaos")

OF_POSTGRESQL = ("asyncpg", "sqlalchemy.dialects.postgresql")
OF_SQLITE = ("sqlite3", "sqlalchemy.dialects.sqlite")


@pytest.mark.parametrize(
    ("url", "others"),
    [("sqlite:///chat.db", OF_POSTGRESQL), ("postgresql://chorus@127.0.0.1/chat", OF_SQLITE)],
    ids=["sqlite", "postgresql"],
)
def test_a_worker_begins_without_what_it_does_not_need(url, others, tmp_path):
    """Two workers, with everything around them, are to be idle in 150 MB; these would be 20 MB of each."""
    code = f"""
import sys
import chorus.cluster.worker.__main__, chorus.entry.server
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
open_store(DatabaseSettings(url={url!r}))
print(sorted(set(sys.modules) & set({NEVER + LATE + others!r})))
"""

    found = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (found.stdout, found.stderr) == ("[]\n", "")
