"""Reads Socket.IO packets from the messages of an Engine.IO session.

    decoder = Decoder(max_attachments=10)
    decoder.feed('51-["hi",{"_placeholder":true,"num":0}]')   # None: an attachment is missing
    decoder.feed(b"!")                                        # Packet(EVENT, data=["hi", b"!"])

Only the errors named at `feed` come out of it, whatever goes in; after one, the session is to be ended.
"""

import json
from typing import Any, cast

import msgspec

from chorus.realtime.errors import InvalidPacket, TooLarge
from chorus.realtime.socketio.packets import BINARY_ACK, BINARY_EVENT, RESERVED_EVENTS, Packet, PacketType

_json = msgspec.json.Decoder()
_json_list = msgspec.json.Decoder(list[Any])
_LONGEST_NUMBER = 16
"""Digits of an ack id or attachment count: what every client can count to (2⁵³) has no more."""

_DIGITS = frozenset("0123456789")
_TYPES = {str(number): number for number in range(BINARY_ACK + 1)}
_PACKET_TYPES = tuple(PacketType)
_EVENT = PacketType.EVENT


class Unfinished(msgspec.Struct, frozen=True, array_like=True):
    """A packet whose attachments have not all come."""

    packet: Packet
    missing: int
    attachments: list[bytes]


class Decoder:
    """Of one session; holds at most one packet whose attachments have not all come."""

    __slots__ = ("_attachments", "_max_attachments", "_missing", "_packet")

    def __init__(self, *, max_attachments: int) -> None:
        self._max_attachments = max_attachments
        self._packet: Packet | None = None
        self._missing = 0
        self._attachments: list[bytes] = []

    def feed(self, message: str | bytes) -> Packet | None:
        """Take the data of one MESSAGE; the packet that is complete with it, or None.

        Raises:
            InvalidPacket: no packet, or an attachment that does not belong, or a text where one belongs.
            TooLarge: more attachments announced than allowed.
        """
        if isinstance(message, bytes):
            return self._attach(message)
        if self._packet is not None:
            raise InvalidPacket(f"found a text, expected {self._missing} more attachments")
        event = _read_plain_event(message)
        if event is not None:
            return event
        packet, attachments = _read(message)
        if attachments > self._max_attachments:
            raise TooLarge(f"attachments: found {attachments}, allowed {self._max_attachments}")
        if attachments:
            self._packet, self._missing = packet, attachments
            return None
        return packet

    @property
    def unfinished(self) -> Unfinished | None:
        """What `feed` was given of a packet that is not complete; None between packets."""
        return Unfinished(self._packet, self._missing, list(self._attachments)) if self._packet is not None else None

    def resume(self, unfinished: Unfinished) -> None:
        """Go on where another decoder was."""
        self._packet, self._missing = unfinished.packet, unfinished.missing
        self._attachments = list(unfinished.attachments)

    def _attach(self, attachment: bytes) -> Packet | None:
        packet = self._packet
        if packet is None:
            raise InvalidPacket("found a binary message, expected a text")
        self._attachments.append(attachment)
        self._missing -= 1
        if self._missing:
            return None
        attachments, self._attachments, self._packet = self._attachments, [], None
        return Packet(packet.type, packet.namespace, _put_back(packet.data, attachments), packet.id)


def _read_plain_event(text: str) -> Packet | None:
    """An event of the main namespace without attachments: nearly all there is, so it gets a shorter way than `_read`.

    None: something else, or something wrong with it, which `_read` will name.
    """
    start = text.find("[", 1, 2 + _LONGEST_NUMBER)
    if start < 0 or text[0] != "2":
        return None
    ack_id = None
    if start > 1:
        digits = text[1:start]
        if not (digits.isascii() and digits.isdigit()):
            return None
        ack_id = int(digits)
    try:
        data = _json_list.decode(text[start:])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if not data or type(data[0]) is not str or data[0] in RESERVED_EVENTS:
        return None
    return Packet(_EVENT, "/", data, ack_id)


def _read(text: str) -> tuple[Packet, int]:
    """The packet a text holds, and how many attachments it announces."""
    number, attachments, at = _TYPES.get(text[:1]), 0, 1
    if number is None:
        raise InvalidPacket(f"packet type: found {text[:1]!r}, expected a digit from 0 to 6")
    if number >= BINARY_EVENT:
        attachments, at = _number(text, at)
        if text[at : at + 1] != "-" or at == 1:
            raise InvalidPacket("binary packet: expected a number of attachments and a hyphen")
        at += 1
        number -= BINARY_EVENT - PacketType.EVENT
    namespace = "/"
    if text[at : at + 1] == "/":
        end = text.find(",", at)
        if end < 0:
            end = len(text)
        namespace, at = text[at:end], end + 1
    ack_id = None
    if text[at : at + 1] in _DIGITS:
        ack_id, at = _number(text, at)
    packet = Packet(_PACKET_TYPES[number], namespace, _parse(text[at:]), ack_id)
    _check(packet)
    return packet, attachments


def _number(text: str, at: int) -> tuple[int, int]:
    end = at
    while text[end : end + 1] in _DIGITS:
        end += 1
        if end - at > _LONGEST_NUMBER:
            raise InvalidPacket(f"number: found more than {_LONGEST_NUMBER} digits")
    return (int(text[at:end]) if end > at else 0), end


def _parse(text: str) -> object:
    if not text:
        return None
    try:
        return _json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        # ValueError: a lone surrogate cannot become UTF-8; RecursionError: nested deeper than we read
        if "\\u" in text:
            return _parse_half_characters(text)
        raise InvalidPacket(f"payload: {error}") from None


def _parse_half_characters(text: str) -> object:
    """Read JSON in which an escaped surrogate may stand alone: JavaScript writes half an emoji so. It becomes a "?"."""
    try:
        return _json.decode(json.dumps(json.loads(text), ensure_ascii=False).encode(errors="replace"))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InvalidPacket(f"payload: {error}") from None


def _check(packet: Packet) -> None:
    """Whether the payload is of the kind that its type asks for."""
    data = packet.data
    match packet.type:
        case PacketType.EVENT:
            fits = isinstance(data, list) and _is_event(cast("list[Any]", data))
        case PacketType.ACK:
            fits = isinstance(data, list) and packet.id is not None
        case PacketType.CONNECT:
            fits = data is None or isinstance(data, dict)
        case PacketType.CONNECT_ERROR:
            fits = isinstance(data, (dict, str))
        case PacketType.DISCONNECT:
            fits = data is None
    if not fits:
        raise InvalidPacket(f"{packet.type.name}: found a payload that such a packet does not have")


def _is_event(data: list[Any]) -> bool:
    return bool(data) and isinstance(data[0], str) and data[0] not in RESERVED_EVENTS


def _put_back(data: Any, attachments: list[bytes]) -> Any:
    """Replace the placeholders in `data`, in place, with a stack of our own: payloads may be nested deeply."""
    holder: list[Any] = [data]
    stack: list[list[Any] | dict[str, Any]] = [holder]
    while stack:
        container = stack.pop()
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in list(items):
            if isinstance(value, dict) and cast("dict[str, Any]", value).get("_placeholder") is True:
                container[key] = _attachment(cast("dict[str, Any]", value), attachments)  # type: ignore[index]
            elif isinstance(value, (dict, list)):
                stack.append(cast("dict[str, Any] | list[Any]", value))
    return holder[0]


def _attachment(placeholder: dict[str, Any], attachments: list[bytes]) -> bytes:
    number = placeholder.get("num")
    if type(number) is not int or not 0 <= number < len(attachments):
        raise InvalidPacket(f"placeholder: found number {number!r}, expected one below {len(attachments)}")
    return attachments[number]
