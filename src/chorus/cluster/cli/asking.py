"""One request to the manager: its progress on the screen, its answer to the caller, its failure as an error."""

import time
from collections.abc import Sequence
from typing import TypeVar

from chorus.cluster.cli import daemon, remains, silence
from chorus.cluster.cli.failure import NOT_RUNNING, CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import (
    ClusterStatus,
    Describe,
    Description,
    Descriptions,
    Done,
    Failed,
    Final,
    Kill,
    LogFiles,
    Logs,
    Ping,
    Request,
    Samples,
    SampleSeries,
    Scale,
    Start,
    Status,
    Update,
)
from chorus.cluster.rpc.client import Client, ManagerGone, RpcError

Kind = TypeVar("Kind")

Answered = Done | ClusterStatus | SampleSeries | LogFiles | Descriptions

LOOKS = (Status, Samples, Describe, Logs)
"""Requests that change nothing."""

ONCE = (Ping, Update, Kill)
"""Requests that are about the manager itself: no other one is asked."""

MOST_DEATHS = 5
"""Managers that may go away during one request."""

_LOOK_EVERY = 0.2
"""Seconds between two looks at what a successor is at."""


def ask(context: Context, request: Request, *, within: float | None = None) -> Answered:
    """Send a request and wait for its end. A manager that is being started again by its keeper is waited for.

    One that goes away while it answers has a successor, which is asked again where that changes nothing, else for what
    is left to be done.

    Args:
        context: of the command that asks.
        request: what is asked.
        within: seconds the manager may be silent; None: as long as it answers something else.

    Raises:
        CommandFailed: no manager runs, it refuses, it answers nothing, or what became of the request cannot be known.
    """
    try:
        answer = _asked(context, request, within) if isinstance(request, ONCE) else _outlived(context, request)
    except ManagerGone as error:
        if daemon.keeper_pid(context.home) is None:
            raise _not_running(context.home) from error
        raise CommandFailed(str(error), [f"see {context.home.daemon_log}"]) from error
    except RpcError as error:
        raise CommandFailed(str(error), [f"see {context.home.daemon_log}"]) from error
    finally:
        context.terminal.clear()
    if isinstance(answer, Failed):
        raise CommandFailed(answer.message, answer.detail, reason=answer.code)
    return answer


def _outlived(context: Context, request: Request) -> Final:
    """Ask this manager, and whichever follows it, for what is left to be done."""
    looks = isinstance(request, LOOKS)
    deaths = 0
    before = None if looks else _status(context)
    asked = time.monotonic()
    waiting: list[Request] = [request]
    answer: Final | None = None
    while waiting:
        try:
            answer = _asked(context, waiting[0])
            if isinstance(answer, Failed):
                return answer
            del waiting[0]
        except ManagerGone:
            deaths += 1
            if deaths > MOST_DEATHS:
                raise
            if before is not None:
                context.terminal.note(
                    f"the manager went away during the {context.command.name}; waiting for the next one"
                )
                waiting = _left(context, request, before, asked)
    if answer is None:
        return Done(remains.done(request, _status(context)))
    if before is not None and deaths and isinstance(answer, Done) and not answer.changed:
        after = _status(context)
        if isinstance(request, (Start, Scale)) and remains.changed(request, before, after):
            return Done(remains.done(request, after))  # what the last one found done, those before it did
    return answer


def _left(context: Context, request: Request, before: ClusterStatus, asked: float) -> list[Request]:
    """What to ask the successor for, once it has ended what it found half done."""
    told = ""
    while words := remains.unsettled(request, after := _status(context)):
        if words != told:
            context.terminal.progress(words, 0, 0)
        told = words
        time.sleep(_LOOK_EVERY)
    if failure := remains.failure(request, after, elapsed=time.monotonic() - asked):
        raise CommandFailed(failure, reason="not_ready")
    left = remains.remains(request, before, after)
    if left is None:
        raise CommandFailed(
            f"the manager went away during the {context.command.name}; whether it was done is not known",
            [f"see {context.home.daemon_log}"],
        )
    return left


def _of(kind: type[Kind], answer: object) -> Kind:
    """The answer, which must be of this kind."""
    if not isinstance(answer, kind):
        raise CommandFailed(f"the manager answered {type(answer).__name__}, expected {kind.__name__}")
    return answer


def _status(context: Context) -> ClusterStatus:
    """How everything is, of this manager or the next."""
    return _of(ClusterStatus, _outlived(context, Status()))


def _asked(context: Context, request: Request, within: float | None = None) -> Final:
    """Ask the manager that runs. Raises ManagerGone also where it says that it is ending."""
    with _connected(context, within) as client:
        answer = client.ask(request, lambda step: context.terminal.progress(step.text, step.done, step.total))
    if isinstance(answer, Failed) and answer.code == "manager_ended":
        raise ManagerGone(answer.message)
    return answer


def status(context: Context) -> ClusterStatus:
    """What runs."""
    return _of(ClusterStatus, ask(context, Status()))


def samples(context: Context, request: Samples) -> SampleSeries:
    """What was seen of instances lately."""
    return _of(SampleSeries, ask(context, request))


def descriptions(context: Context, targets: list[str]) -> list[Description]:
    """How these applications are specified; all of them without targets."""
    return everything(context, targets).applications


def everything(context: Context, targets: Sequence[str] = ()) -> Descriptions:
    """The same, with the settings of the cluster."""
    return _of(Descriptions, ask(context, Describe(list(targets))))


def done(context: Context, request: Request) -> Done:
    """The end of a request that changes something."""
    return _of(Done, ask(context, request))


def _connected(context: Context, within: float | None) -> Client:
    """A connection to the manager. One that died is waited for: its keeper starts it again."""
    home = context.home
    deaths = 0
    while True:
        if not daemon.answers(home):
            daemon.wait_for_manager(home)
        try:
            return _client(context, within)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError) as error:
            deaths += 1  # perhaps between the two: what dies goes on listening for a moment
            if deaths > MOST_DEATHS or daemon.keeper_pid(home) is None:
                raise _not_running(home) from error
        except OSError as error:
            raise CommandFailed(f"the manager cannot be reached: {error}", [home.rpc_socket]) from error


def _client(context: Context, within: float | None) -> Client:
    if within is not None:
        return Client(context.home.rpc_socket, timeout=within)
    return Client(context.home.rpc_socket, timeout=silence.FIRST, on_silence=silence.Silence(context))


def _not_running(home: Home) -> CommandFailed:
    """The error of a command that needs a manager and finds none."""
    if left := daemon.left_behind(home):
        each = "it" if len(left) == 1 else "each of them"
        return CommandFailed(
            f"the keeper of {home.path} was killed; {', '.join(left)}: {each} serves on, and nobody looks after it",
            ["chorus start ends what is left and starts anew; chorus kill ends it"],
            code=NOT_RUNNING,
        )
    return CommandFailed(f"nothing runs (no manager in {home.path})", ["Start with: chorus start"], code=NOT_RUNNING)
