"""The table that a run prints, and its JSON."""

from collections.abc import Sequence

from rich.table import Table

from bench.scenarios.fanout import Line


def fanout_table(lines: Sequence[Line]) -> Table:
    """One row a contender; the ratio is of the first one's median to each other's."""
    table = Table(title="Fan-out: 1,000 sockets, 10 rooms, 100-byte messages; medians", title_justify="left")
    for heading in ("server", "deliveries / CPU s", "worst … best", "Chorus is", "deliveries / s", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    ours = lines[0].per_cpu_second
    for line in lines:
        table.add_row(
            line.name,
            f"{line.per_cpu_second:,.0f}",
            f"{line.spread[0]:,.0f} … {line.spread[1]:,.0f}",
            f"{ours / line.per_cpu_second:.1f} ×",
            f"{line.per_second:,.0f}",
            f"{line.p50_ms:.1f}",
            f"{line.p99_ms:.1f}",
        )
    return table
