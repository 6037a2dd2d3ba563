"""Which database a test runs on: SQLite, unless it is marked to run on both."""

import pytest

on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""Where the database could make a difference; the contract suite of the stores has the rest."""
