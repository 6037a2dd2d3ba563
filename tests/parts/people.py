"""What people in the tests say and know."""

import uuid

from argon2 import PasswordHasher

from chorus.chat.actions.passwords import Passwords

PASSWORD = "correct horse battery"


def quick_passwords():
    """Real hashes that cost next to nothing: what they cost is not what tests of other things are about."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def account(handle="ada", password=PASSWORD):
    """The body of a sign-up."""
    return {"handle": handle, "name": handle.title(), "password": password}


def message(text="Hello", client_id=None):
    """The body of a message."""
    return {"client_id": str(client_id or uuid.uuid4()), "text": text}
