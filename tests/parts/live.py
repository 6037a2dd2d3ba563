"""A live client of the chat that takes nothing but what the tables of events promise."""

from typing import Any

import msgspec

from chorus.chat.live.events import TOLD
from parts.sockets import LiveClient

_PAYLOADS = {each.name: each.payload for each in TOLD}


class ChatClient(LiveClient):
    """Each event that comes is declared, and its payload has the declared fields and no others."""

    def __init__(self) -> None:
        super().__init__()
        self.undeclared: list[str] = []

    def take(self, event: str, *arguments: Any) -> None:
        wrong = _wrong(event, arguments)
        if wrong is not None:
            self.undeclared.append(wrong)
        super().take(event, *arguments)

    def got(self, event: str) -> list[Any]:
        assert self.undeclared == []
        return super().got(event)


def _wrong(event: str, arguments: tuple[Any, ...]) -> str | None:
    if event not in _PAYLOADS or len(arguments) != 1:
        return f"{event} with {len(arguments)} arguments is in no table"
    try:
        read = msgspec.convert(arguments[0], _PAYLOADS[event], str_keys=True)
    except msgspec.ValidationError as error:
        return f"{event}: {error}"
    again = msgspec.json.decode(msgspec.json.encode(read))
    return None if again == arguments[0] else f"{event}: found {arguments[0]}, expected {again}"
