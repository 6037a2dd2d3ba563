"""One request to the manager: its progress on the screen, its answer to the caller, its failure as an error."""

from collections.abc import Sequence

from chorus.cluster.cli import daemon
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
    LogFiles,
    Logs,
    Request,
    Samples,
    SampleSeries,
    Status,
)
from chorus.cluster.rpc.client import Client, ManagerGone, RpcError

Answered = Done | ClusterStatus | SampleSeries | LogFiles | Descriptions

LOOKS = (Status, Samples, Describe, Logs)
"""Requests that change nothing."""


def ask(context: Context, request: Request, *, within: float | None = None) -> Answered:
    """Send a request and wait for its end. A manager that is being started again by its keeper is waited for.

    One that is killed while it answers has a successor, which is asked again where that changes nothing.

    Args:
        context: of the command that asks.
        request: what is asked.
        within: seconds the manager may be silent; None: as long as it takes.

    Raises:
        CommandFailed: no manager runs, it refuses, or it goes away meanwhile.
    """
    try:
        try:
            answer = _asked(context, request, within)
        except ManagerGone:
            if not isinstance(request, LOOKS):
                raise
            answer = _asked(context, request, within)
    except RpcError as error:
        raise CommandFailed(str(error), [f"see {context.home.daemon_log}"]) from error
    finally:
        context.terminal.clear()
    if isinstance(answer, Failed):
        raise CommandFailed(answer.message, answer.detail, reason=answer.code)
    return answer


def _asked(context: Context, request: Request, within: float | None) -> Final:
    with _connected(context.home, within) as client:
        return client.ask(request, lambda step: context.terminal.progress(step.text, step.done, step.total))


def status(context: Context) -> ClusterStatus:
    """What runs."""
    answer = ask(context, Status())
    if not isinstance(answer, ClusterStatus):
        raise CommandFailed(f"the manager answered {type(answer).__name__}, expected ClusterStatus")
    return answer


def samples(context: Context, request: Samples) -> SampleSeries:
    """What was seen of instances lately."""
    answer = ask(context, request)
    if not isinstance(answer, SampleSeries):
        raise CommandFailed(f"the manager answered {type(answer).__name__}, expected SampleSeries")
    return answer


def descriptions(context: Context, targets: list[str]) -> list[Description]:
    """How these applications are specified; all of them without targets."""
    return everything(context, targets).applications


def everything(context: Context, targets: Sequence[str] = ()) -> Descriptions:
    """The same, with the settings of the cluster."""
    answer = ask(context, Describe(list(targets)))
    if not isinstance(answer, Descriptions):
        raise CommandFailed(f"the manager answered {type(answer).__name__}, expected Descriptions")
    return answer


def done(context: Context, request: Request) -> Done:
    """The end of a request that changes something."""
    answer = ask(context, request)
    if not isinstance(answer, Done):
        raise CommandFailed(f"the manager answered {type(answer).__name__}, expected Done")
    return answer


def _connected(home: Home, within: float | None) -> Client:
    """A connection to the manager. One that died is waited for: its keeper starts it again."""
    try:
        if not daemon.answers(home):
            daemon.wait_for_manager(home)
        return Client(home.rpc_socket, timeout=within)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError) as error:
        raise _not_running(home) from error
    except OSError as error:
        raise CommandFailed(f"the manager cannot be reached: {error}", [home.rpc_socket]) from error


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
