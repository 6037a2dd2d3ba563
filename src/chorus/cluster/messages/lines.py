"""The messages as lines of JSON."""

import msgspec

from chorus.cluster.messages.answers import Answer
from chorus.cluster.messages.requests import Request

LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes of one line, both ways."""


class MessageError(ValueError):
    """A line that is not one of our messages; the fault is its sender's."""


_encoder = msgspec.json.Encoder()
_requests = msgspec.json.Decoder(Request)
_answers = msgspec.json.Decoder(Answer)


def encode(message: Request | Answer) -> bytes:
    """A message as one line, its newline included."""
    return _encoder.encode(message) + b"\n"


def decode_request(line: bytes) -> Request:
    """Read what a client sent.

    Raises:
        MessageError: naming what is wrong with it.
    """
    try:
        return _requests.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"not a request: {error}") from error


def decode_answer(line: bytes) -> Answer:
    """Read what the manager sent.

    Raises:
        MessageError: naming what is wrong with it.
    """
    try:
        return _answers.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"not an answer: {error}") from error
