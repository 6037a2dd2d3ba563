"""What PostgreSQL does for a batch of sends grows with the batch, not with its square."""

import json
from uuid import uuid4

import asyncpg
import pytest

from chorus.chaos.people import settle_people
from chorus.chaos.schedule import Options
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.storage.postgres_append import append

pytestmark = pytest.mark.postgres

BATCH = 200


class Explained:
    """A connection whose statements are explained as they run."""

    def __init__(self, connection):
        self._connection = connection
        self.plans = []

    async def fetch(self, statement, *values):
        transaction = self._connection.transaction()
        await transaction.start()
        plan = await self._connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
        await transaction.rollback()
        self.plans.append(json.loads(plan)[0]["Plan"])
        return await self._connection.fetch(statement, *values)


def looked_at(plan):
    """Rows that a step of a plan, and those beneath it, gave or compared, in all its rounds."""
    rows = plan["Actual Rows"] + plan.get("Rows Removed by Join Filter", 0) + plan.get("Rows Removed by Filter", 0)
    return rows * plan["Actual Loops"] + sum(map(looked_at, plan.get("Plans", ())))


async def test_each_message_of_a_batch_costs_as_much_as_one(postgres_url_with_tables):
    """Row 18: as many as wait are committed together."""
    people = await settle_people(
        postgres_url_with_tables, "s" * 32, Options(clients=BATCH, channels=BATCH, memberships=1)
    )
    connection = await asyncpg.connect(postgres_url_with_tables)
    await connection.execute("ANALYZE")  # the server does so when tables grew, or when it likes: before they did
    explained = Explained(connection)

    stored = await append(
        explained,
        [
            NewEntry(*person.channels, EntryKind.POSTED, 1, person.account, uuid4(), "hi", "<p>hi</p>")
            for person in people
        ],
    )

    assert [each.entry.seq for each in stored] == [1] * BATCH
    assert sum(map(looked_at, explained.plans)) < 50 * BATCH
    await connection.close()
