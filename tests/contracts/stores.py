"""What the suites of the stores share."""

import pytest

from chorus.chat.domain.accounts import Role

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
"""What every promise of a store is tried on."""


async def sign_up(store, handle, role=Role.MEMBER):
    made = await store.create_account(handle=handle, name=handle.title(), password_hash=f"{handle}'s", at=1, role=role)
    return made.account
