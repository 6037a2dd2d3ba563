"""What is said on keeper.sock: one JSON object a line, over a Unix stream socket.

    > {"id": 1, "do": "OpenListener", "name": "chat", "host": "127.0.0.1", "port": 3000}
    < {"id": 1, "ok": true, "host": "127.0.0.1", "port": 3000}
    > {"id": 2, "do": "SpawnChild", "key": "chat:0:1", "argv": ["nonesuch"], "cwd": "/", "env": {}}
    < {"id": 2, "ok": false, "error": {"code": "exec_failed", "message": "cannot run nonesuch: No such file…"}}
    < {"fact": "ChildExited", "key": "chat:1:1", "pid": 77, "code": null, "signal": 9, "at": 8123.25}

Requests of one connection are answered in their order; facts come between the answers, to connections that sent
`Subscribe`. All times are monotonic seconds (CLOCK_MONOTONIC, the same for every process of the machine). A line that
is no JSON object with an integer id, or is too long, gets one error and the connection is closed; a command that is
unknown (code `unknown_command`) or has wrong fields (code `invalid`) gets an error and the connection goes on. Any
command may also fail with `system` (the operating system refused) or `internal` (see daemon.log).
"""

from chorus.cluster.keeper.struct import Struct, field

LONGEST_REQUEST = 1 << 20
"""Bytes a request line may have; a longer one ends its connection."""

LONGEST_ANSWER = 64 << 20
"""Bytes an answer line stays below: a client's read limit."""

LONGEST_TAIL = 200
"""Output lines the keeper remembers of each child."""


class WireError(ValueError):
    """What was received is not what the wire allows: the sender's fault. The text names field, expected and found."""


# Commands -------------------------------------------------------------------------------------------------------------


class OpenListener(Struct):
    """Bind and hold a listening TCP socket. The same name and address again changes nothing.

    Errors: address_in_use, address_not_available, permission; conflict when the name is open on another address.
    """

    name: str
    host: str
    """A numeric address, or localhost."""
    port: int
    """0 lets the system choose; the answer says what it chose."""
    backlog: int = 4096


class CloseListener(Struct):
    """Close the keeper's copy; children that have it keep theirs. Error: not_found."""

    name: str


class OpenPage(Struct):
    """Hold `size` bytes of zeroed shared memory. The same name and size again changes nothing. Error: conflict."""

    name: str
    size: int


class ClosePage(Struct):
    """Let a page go; children that mapped it keep it. Error: not_found."""

    name: str


class Logs(Struct):
    """Where a child's output lines go. Children may share files: whole lines alternate. Folders are made."""

    out: str | None = None
    err: str | None = None
    combined: str | None = None
    timestamps: bool = True
    """True writes `2026-11-23T16:00:00.123Z <name> | line`; False writes the line alone, so that JSON stays JSON."""
    name: str | None = None
    """The name before the bar; None takes the key without its last part, `chat:0`."""
    json: bool = False
    """Each line is written as `{"at": …, "instance": "chat:0", "stream": "out", "line": …}`."""


class SpawnChild(Struct):
    """Start a program in a session of its own, with the named listeners from descriptor 3 on.

    The keeper adds LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID, NOTIFY_SOCKET and, with a page, CHORUS_LOAD_FD.
    Errors: exec_failed (with errno's text), conflict (a child with that key is known), not_found (listener, page),
    logs_failed (a log file cannot be opened), spawn_failed (no process or descriptor is left), ending, full.
    """

    key: str
    argv: list[str]
    cwd: str
    env: dict[str, str]
    """All of the environment; nothing of the keeper's own is added but the names above."""
    listeners: list[str] = field(default_factory=list[str])
    page: str | None = None
    logs: Logs | None = None
    uid: int | None = None
    gid: int | None = None
    notes: str = ""
    """Opaque to the keeper; comes back in the snapshot."""
    treekill: bool = True
    """What descends from it belongs to it, whatever session it is in; False: the child alone is ever signalled."""


class SignalChild(Struct):
    """Send a signal to the child, or to all that descends from it. Errors: not_found, not_running, permission.

    With `group` it also reaches what an exited child left behind; and what is started while a SIGKILL is under way.
    """

    key: str
    signal: int
    group: bool = False


class ForgetChild(Struct):
    """Drop the record of an exited child. Errors: not_found, running."""

    key: str


class Note(Struct):
    """Write a text in the notebook, or remove it with None. Error: full."""

    name: str
    text: str | None


class Inspect(Struct):
    """Ask for everything the keeper knows: a Snapshot."""


class Tail(Struct):
    """Ask for a child's last output lines, stdout and stderr together, each cut at 1 kB. Error: not_found."""

    key: str
    lines: int = LONGEST_TAIL


class ReopenLogs(Struct):
    """Open every log file anew by its path: after a rotation moved it."""


class Update(Struct):
    """Run the keeper's program anew, in the same process: children, descriptors and notebook stay, clients are cut.

    Ask `python -m chorus.cluster.keeper --check VERSION` first, with Snapshot.handover. Error: ending.
    """


class Subscribe(Struct):
    """Have all facts from now on sent to this connection."""


class Exit(Struct):
    """End the keeper and the manager. Error: running, when children live and `force` is not given.

    With `force` children get SIGTERM and, 10 s later, SIGKILL.
    """

    force: bool = False


# Answers --------------------------------------------------------------------------------------------------------------


class Done(Struct):
    """Nothing more to say."""


class ListenerOpened(Struct):
    """The address in fact bound."""

    host: str
    port: int


class ChildSpawned(Struct):
    """The program runs (its exec succeeded)."""

    pid: int
    started_at: float


class Lines(Struct):
    """Output lines, oldest first, without line ends; bytes that are no UTF-8 are replaced."""

    lines: list[str]


class Exited(Struct):
    """How a child ended: an exit code or a signal."""

    code: int | None
    signal: int | None
    at: float


class Child(Struct):
    """One child as the keeper knows it."""

    key: str
    pid: int
    started_at: float
    notes: str
    state: dict[str, str]
    """The last value of each sd_notify name; for WATCHDOG the monotonic time of the last sign of life, or "trigger",
    for EXTEND_TIMEOUT_USEC the monotonic time until which it asks to be waited for.

    MAINPID is there only where the process it names is one that the child started: the main one from then on.
    """
    notified_at: float | None
    exited: Exited | None
    left: bool = False
    """It has exited, and something that it started has not."""


class Listener(Struct):
    """An open listener with the address in fact bound."""

    name: str
    host: str
    port: int


class Snapshot(Struct):
    """Everything a manager needs to go on where another one was killed."""

    keeper_pid: int
    started_at: float
    children: list[Child]
    listeners: list[Listener]
    notebook: dict[str, str]
    handover: int = 1
    """The version of what Update hands over."""
    failing_logs: dict[str, str] = field(default_factory=dict[str, str])
    """Why log files cannot be written, by their paths."""


class Failure(Exception):
    """Why a command was not done. `code` is stable, `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


# Facts ----------------------------------------------------------------------------------------------------------------


class ChildExited(Struct):
    """A child ended and was reaped; its record stays until ForgetChild."""

    key: str
    pid: int
    code: int | None
    signal: int | None
    at: float
    left: bool = False
    """Something that it started has not ended; FamilyEnded follows when it has."""


class FamilyEnded(Struct):
    """Nothing is left any more of what an exited child had started."""

    key: str
    pid: int


class LogFailed(Struct):
    """A log file could not be written: a full disk, a folder that is not to be entered. What goes there is lost."""

    path: str
    reason: str


class LogWritable(Struct):
    """A log file that failed was written again, or is nobody's any more."""

    path: str


class ChildNotified(Struct):
    """A child's sd_notify state changed; `state` is all of it, as in `Child.state`.

    Changes within 50 ms come together, so that a talkative child costs little.
    """

    key: str
    pid: int
    state: dict[str, str]


Command = (
    OpenListener
    | CloseListener
    | OpenPage
    | ClosePage
    | SpawnChild
    | SignalChild
    | ForgetChild
    | Note
    | Inspect
    | Tail
    | ReopenLogs
    | Update
    | Subscribe
    | Exit
)
Answer = Done | ListenerOpened | ChildSpawned | Lines | Snapshot
Fact = ChildExited | FamilyEnded | ChildNotified | LogFailed | LogWritable
_FACTS = (ChildExited, FamilyEnded, ChildNotified, LogFailed, LogWritable)

ANSWERS: dict[type[Command], type[Answer]] = {
    OpenListener: ListenerOpened,
    CloseListener: Done,
    OpenPage: Done,
    ClosePage: Done,
    SpawnChild: ChildSpawned,
    SignalChild: Done,
    ForgetChild: Done,
    Note: Done,
    Inspect: Snapshot,
    Tail: Lines,
    ReopenLogs: Done,
    Update: Done,
    Subscribe: Done,
    Exit: Done,
}
"""What answers each command when it is done."""

COMMANDS: dict[str, type[Command]] = {command.__name__: command for command in ANSWERS}
FACTS: dict[str, type[Fact]] = {
    fact.__name__: fact for fact in (ChildExited, FamilyEnded, ChildNotified, LogFailed, LogWritable)
}
