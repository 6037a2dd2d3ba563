"""How a comparison is printed."""

from rich.table import Table

from bench.scenario import Comparison


def table(comparison: Comparison) -> Table:
    """One row a contender: its name to the left, figures to the right."""
    shown = Table(title=comparison.title, title_justify="left")
    for place, heading in enumerate(comparison.columns):
        shown.add_column(heading, justify="right" if place else "left")
    for row in comparison.rows:
        shown.add_row(*row)
    return shown
