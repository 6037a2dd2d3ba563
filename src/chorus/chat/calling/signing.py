"""Signatures of what is sent, as Standard Webhooks has them. Pure.

    secret = secret_of(secrets.token_bytes(32))                             # "whsec_…"
    signature(secret, id="msg_1", timestamp=1700000000, body=b"{}")         # "v1,…"

Whoever receives a call makes the same HMAC-SHA-256 over id, timestamp and body, compares, and refuses what is older
than five minutes or has an id that it knows. There are libraries for that in most languages.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac

_PREFIX = "whsec_"


def secret_of(bits: bytes) -> str:
    """Random bits as a secret is written."""
    return _PREFIX + base64.b64encode(bits).decode()


def signature(secret: str, *, id: str, timestamp: int, body: bytes) -> str:  # noqa: A002 - the standard's name
    """Sign; `timestamp` in seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signed_headers(secret: str, *, id: str, timestamp: int, body: bytes) -> dict[str, str]:  # noqa: A002
    """The three headers of a call."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, id=id, timestamp=timestamp, body=body),
    }
