"""What handlers take."""

from uuid import UUID

import msgspec
import pytest

from chorus.realtime.errors import UsageError
from chorus.realtime.server.handlers import Handlers, WrongPayload


class Say(msgspec.Struct):
    channel: int
    id: UUID


def handler(function, payload=None):
    handlers = Handlers()
    handlers.add("say", function, payload)
    return handlers.get("say")


def test_a_payload_type_is_what_the_handler_gets():
    """JSON becomes what was declared."""
    found = {"channel": 3, "id": "a3bb189e-8bf9-3888-9912-ace4e6543002"}

    assert handler(lambda client, payload: None, Say).arguments([found]) == (
        Say(3, UUID("a3bb189e-8bf9-3888-9912-ace4e6543002")),
    )


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([], "found 0 arguments, expected 1"),
        ([{}, {}], "found 2 arguments, expected 1"),
        ([{"channel": "3", "id": "x"}], "Expected `int`, got `str` - at `$.channel`"),
        ([None], "Expected `object`, got `null`"),
    ],
)
def test_another_payload_is_named_with_its_place(found, text):
    """For the client's developer."""
    with pytest.raises(WrongPayload) as raised:
        handler(lambda client, payload: None, Say).arguments(found)

    assert str(raised.value) == text


def test_without_a_type_the_signature_says_how_many_arguments_there_are():
    """A client cannot cause a TypeError in a handler."""
    pair = handler(lambda client, a, b=1: None)

    assert pair.arguments([1]) == (1,)
    with pytest.raises(WrongPayload, match="found 3 arguments, expected 1 to 2"):
        pair.arguments([1, 2, 3])
    assert handler(lambda client, *rest: None).arguments([1] * 9) == (1,) * 9


def test_a_second_handler_or_a_reserved_name_is_the_applications_mistake():
    """Named when it is made."""
    handlers = Handlers()
    handlers.add("say", lambda client: None)

    with pytest.raises(UsageError, match="has a handler already"):
        handlers.add("say", lambda client: None)
    with pytest.raises(UsageError, match="reserved"):
        handlers.add("disconnect", lambda client: None)
    with pytest.raises(UsageError, match="client as its first argument"):
        handlers.add("other", lambda: None)
