"""The rows of the monitor and the one that is selected, which stays selected while others come and go. Pure."""

from typing import NamedTuple

from chorus.cluster.messages import ApplicationStatus, ClusterStatus, InstanceStatus


class Row(NamedTuple):
    """One instance."""

    application: ApplicationStatus
    instance: InstanceStatus

    @property
    def target(self) -> str:
        """As commands name it: "chat:0"."""
        return f"{self.application.name}:{self.instance.number}"


class Selection:
    """All rows and the place of the selected one."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._place = 0
        self._target = ""

    @property
    def place(self) -> int:
        """Of the selected row among all rows."""
        return self._place

    @property
    def row(self) -> Row | None:
        """The selected row; None when there are no rows."""
        return self.rows[self._place] if self.rows else None

    def show(self, status: ClusterStatus | None) -> None:
        """Take in what there is now; the same instance stays selected, or whatever is in its place."""
        applications = status.applications if status is not None else []
        self.rows = [
            Row(application, instance)
            for application in applications
            for instance in sorted(application.instances, key=lambda instance: instance.number)
        ]
        targets = [row.target for row in self.rows]
        self.select(targets.index(self._target) if self._target in targets else self._place)

    def select(self, place: int) -> None:
        """Select the row at a place, or the nearest one."""
        self._place = min(max(place, 0), max(len(self.rows) - 1, 0))
        if self.rows:
            self._target = self.rows[self._place].target

    def window(self, height: int) -> range:
        """The places of the rows that are shown where there is room for `height` of them."""
        first = min(max(self._place - height // 2, 0), max(len(self.rows) - height, 0))
        return range(first, min(first + max(height, 0), len(self.rows)))
