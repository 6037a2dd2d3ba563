"""What people in the tests say and know."""

import uuid

PASSWORD = "correct horse battery"


def account(handle="ada", password=PASSWORD):
    """The body of a sign-up."""
    return {"handle": handle, "name": handle.title(), "password": password}


def message(text="Hello", client_id=None):
    """The body of a message."""
    return {"client_id": str(client_id or uuid.uuid4()), "text": text}
