"""JSON Web Tokens of one kind: signed with HMAC-SHA-256, by us and for us. Pure.

    token = encode({"sub": "7", "exp": 1060}, secret=secret, kind="at+jwt")
    claims = decode(token, secret=secret)           # whatever was signed; what it must say is the caller's to look at

RFC 7519 (JWT), RFC 7515 (JWS, compact serialization), RFC 7518 section 3.2 (HS256). A token says in its header how it
is to be proved; here there is one way, and a token that names another is none. docs/decisions/tokens-by-hmac.md says
why this is not a library's.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

ALGORITHM = "HS256"


class NotSigned(Exception):
    """A text that is no token of this kind, or was not signed with this secret."""


class _Header(msgspec.Struct):
    alg: str
    crit: object = msgspec.UNSET
    """Names of extensions that have to be understood (RFC 7515, section 4.1.11): we understand none."""


_headers = msgspec.json.Decoder(_Header)
_claims = msgspec.json.Decoder(dict[str, Any])


def encode(claims: Mapping[str, object], *, secret: str, kind: str) -> str:
    """Sign the claims; `kind` is what the header has as `typ`."""
    header = msgspec.json.encode({"alg": ALGORITHM, "typ": kind})
    signed = _packed(header) + b"." + _packed(msgspec.json.encode(claims))
    return (signed + b"." + _signature(signed, secret)).decode("ascii")


def decode(token: str, *, secret: str) -> dict[str, Any]:
    """The claims of a token that was signed with this secret.

    Raises:
        NotSigned: it was not; whatever is wrong with it, the answer is the same.
    """
    try:
        signed, _, signature = token.encode("ascii").rpartition(b".")
        if not hmac.compare_digest(signature, _signature(signed, secret)):
            raise NotSigned
        header, claims = signed.split(b".")
        found = _headers.decode(_unpacked(header))
        if found.alg != ALGORITHM or found.crit is not msgspec.UNSET:
            raise NotSigned
        return _claims.decode(_unpacked(claims))
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:  # not ASCII, not three parts, not JSON
        raise NotSigned from error


def _signature(signed: bytes, secret: str) -> bytes:
    return _packed(hmac.digest(secret.encode(errors="surrogateescape"), signed, "sha256"))


def _packed(part: bytes) -> bytes:
    """In base64url without padding, of which each text has one form: so signatures are compared as they are written."""
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def _unpacked(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
