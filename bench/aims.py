"""What this project set itself, and whether a run met it: the last table that `make bench` prints. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.scenario import Comparison

CHORUS, NODE, CEILING = "chorus", "node socket.io", "ceiling in C"
NODE_PG = "node, pg"
ON_POSTGRES, ON_SQLITE = "chorus, PostgreSQL", "chorus, SQLite"


class Aim(NamedTuple):
    """Of one scenario."""

    scenario: str
    what: str
    bound: float
    against: str | None = None
    """Whose figure ours is compared with; None: the bound is for our own."""

    less_is_better: bool = False
    of: str = CHORUS
    """Which of our own lines is judged."""

    heading: str | None = None
    """Of the figure; None: of the first column of figures."""


class Verdict(NamedTuple):
    """What a run says of an aim."""

    aim: Aim
    found: float
    """Times better than the other one, or our own figure."""

    met: bool


AIMS = (
    Aim("fanout", "fan-out, against Node", 5, NODE),
    Aim("fanout", "fan-out, of the ceiling in C", 0.6, CEILING),
    Aim("redis", "through Redis, two instances, against Node", 5, NODE),
    Aim("pairs", "rooms of two, against Node", 3, NODE),
    Aim("echo", "echo with ack, against Node", 2, NODE),
    Aim("arrivals", "connect, handshake, join, against Node", 2, NODE),
    Aim("memory", "kB for an idle socket, of 10,000", 12, less_is_better=True),
    Aim("crowd", "CPU for a delivery, 10,000 sockets against 100", 1.3, less_is_better=True),
    Aim("serial", "p99 to the last of 1,000, against Node", 1, NODE, less_is_better=True),
    Aim("sends", "stored sends a second, nobody listens, PostgreSQL", 10_000, of=ON_POSTGRES, heading="sends / s"),
    Aim("sends", "stored sends a second, nobody listens, SQLite", 8_000, of=ON_SQLITE, heading="sends / s"),
    Aim("across", "p99 from a send to the other instance, against Node", 1, NODE_PG, less_is_better=True),
    Aim("history", "pages of 50 for each CPU second, PostgreSQL", 1_500, of=ON_POSTGRES),
    Aim("history", "p99 of a page in ms, PostgreSQL", 50, of=ON_POSTGRES, heading="p99 ms", less_is_better=True),
    Aim("bootstrap", "bootstraps of 200 channels for each CPU second, PostgreSQL", 200, of=ON_POSTGRES),
    Aim(
        *("bootstrap", "p99 of one in ms at 200 a second, PostgreSQL", 50),
        of=ON_POSTGRES,
        heading="p99 ms at 200 / s",
        less_is_better=True,
    ),
    Aim("footprint", "MB of the whole chat while nobody uses it", 150, less_is_better=True),
    Aim("mix", "users of Mattermost's mix within its bounds", 10_000),
)


def judge(measured: Mapping[str, Comparison], aims: Sequence[Aim] = AIMS) -> list[Verdict]:
    """A verdict for each aim whose scenario was measured."""
    return [_judge(aim, measured[aim.scenario]) for aim in aims if aim.scenario in measured]


def as_comparison(verdicts: Sequence[Verdict]) -> Comparison:
    """The table."""
    rows: list[tuple[str, ...]] = []
    for aim, found, met in verdicts:
        times = " ×" if aim.against is not None or aim.scenario == "crowd" else ""
        side = "at most " if aim.less_is_better and aim.against is None else ""
        rows.append((aim.what, f"{side}{aim.bound:g}{times}", f"{found:.2f}{times}", "met" if met else "NOT MET"))
    figures = [
        {"scenario": aim.scenario, "what": aim.what, "aim": aim.bound, "found": found, "met": met}
        for aim, found, met in verdicts
    ]
    return Comparison("What was aimed at", ("", "aim", "found", ""), rows, figures)


def _judge(aim: Aim, comparison: Comparison) -> Verdict:
    heading = aim.heading or comparison.columns[1]
    figures = {str(line["name"]): float(str(line[heading])) for line in comparison.figures}
    ours = figures[aim.of]
    if aim.against is None:
        return Verdict(aim, ours, ours <= aim.bound if aim.less_is_better else ours >= aim.bound)
    theirs = figures[aim.against]
    times = theirs / ours if aim.less_is_better else ours / theirs
    return Verdict(aim, times, times >= aim.bound)
