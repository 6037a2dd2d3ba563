"""Every error of the realtime library; the branch says whose fault it is.

RealtimeError
├── ProtocolError              the peer's: it broke the protocol, and ends its session alone
│   ├── InvalidEnginePacket    Engine.IO, https://socket.io/docs/v4/engine-io-protocol/
│   ├── InvalidFrame           WebSocket, RFC 6455 and RFC 7692
│   ├── InvalidPacket          Socket.IO, https://socket.io/docs/v4/socket-io-protocol/
│   └── TooLarge               more bytes, attachments or calls than allowed
├── ConnectRefused             the application's decision, raised by its connect handler
├── EventRefused               the application's decision, raised by a middleware for events or by a handler
├── CallFailed                 an answer of a client that did not come
│   ├── CallTimedOut
│   ├── ClientGone
│   └── TooManyCalls
├── Unavailable                what the server itself needs is out of reach for now
│   ├── BackplaneUnavailable   the server between the instances (chorus.realtime.backplane.contract)
│   │   └── BackplaneRefused   … or it refuses us: a setting is wrong
│   └── LogUnavailable         the log of durable rooms (chorus.realtime.log.redis)
├── NoAnswer                   another instance did not answer (chorus.realtime.backplane.contract)
│   └── InstanceAway
├── ResumeFailed               the log cannot go on from a reader's cursor (chorus.realtime.log.contract)
│   ├── CursorAhead
│   └── EntriesGone
├── NotMovable                 a session that cannot go on in another process, or not now
├── StateRefused               a session that another process sent and that is not for this one to read
└── UsageError                 the calling code's: a reserved event name, a handler that is declared twice
"""


class RealtimeError(Exception):
    """Root of all of them; never raised itself."""


class ProtocolError(RealtimeError):
    """The peer broke the protocol. The text says what was found and what was expected."""


class InvalidEnginePacket(ProtocolError):
    """A message that is no Engine.IO packet, or one that the session's state does not allow."""


class InvalidFrame(ProtocolError):
    """A WebSocket message that says it is compressed and is not."""


class InvalidPacket(ProtocolError):
    """A message that is no Socket.IO packet, or one whose attachments do not fit."""


class TooLarge(ProtocolError):
    """More than the options allow."""


class ConnectRefused(RealtimeError):
    """Raised by a connect handler: the client gets CONNECT_ERROR with this message and data, and stays outside.

    Args:
        message: for the client's `connect_error` listener, as `error.message`.
        data: any JSON value, as `error.data`; None sends none.
    """

    def __init__(self, message: str = "Not authorized", data: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class EventRefused(RealtimeError):
    """Raised by a middleware for events, or by a handler: this event is not to be handled, and the client is told so.

    It is `{"ok": false, "error": {"code", "detail", "retryable"}}` as the answer, or, of an event that asked for none,
    the error as an event "error". A middleware that raises it keeps the event from its handler.

    Args:
        message: for the client, as `error.detail`.
        data: any JSON value, as `error.data`; None sends none.
        code: a word for programs, as `error.code`.
        retryable: whether the same event, unchanged, may be taken later.
        retry_after: seconds until then, as `error.retry_after`; None sends none.
    """

    def __init__(
        self,
        message: str = "Not allowed",
        data: object = None,
        *,
        code: str = "refused",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.data = data
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after


class CallFailed(RealtimeError):
    """`client.call` ended without the client's answer."""


class CallTimedOut(CallFailed):
    """The client did not answer in time. It may still have received the event."""


class ClientGone(CallFailed):
    """The client disconnected before it answered."""


class TooManyCalls(CallFailed):
    """As many answers of this client are awaited as are allowed."""


class Unavailable(RealtimeError):
    """What the server itself needs did not answer. The text names it: it says all that a traceback would."""


class NotMovable(RealtimeError):
    """A session cannot be handed to another process: the text says what of it cannot be carried.

    Args:
        text: what it is.
        later: whether it may be otherwise in a moment.
    """

    def __init__(self, text: str, *, later: bool = False) -> None:
        super().__init__(text)
        self.later = later


class StateRefused(RealtimeError):
    """What another process sent is no session, or that of another release."""


class UsageError(RealtimeError):
    """The calling code uses the library in a way that cannot work."""
