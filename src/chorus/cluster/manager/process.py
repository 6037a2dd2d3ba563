"""What is known of the process that an instance has at the moment; nothing of it holds for the next one."""

from chorus.cluster.manager.notify_state import NotifyState
from chorus.cluster.manager.samples import Sample


class Process:
    """Filled as it becomes known. Times are monotonic seconds."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.started_at: float | None = None
        self.said = NotifyState()
        """What it notified (sd_notify)."""

        self.ended: tuple[str, float] | None = None
        """What the system says of its end, and when that was, while what it started is waited for."""

        self.complaint = ""
        """Why its last health check failed; empty when it did not."""

        self.sample: Sample | None = None
        """The last look at it."""

        self.connections: int | None = None
        """Live ones, as its worker showed them then; None for what is no worker of ours."""

        self.lag: float | None = None
        """Seconds by which its event loop was late then."""

        self.busy_until = 0.0
        """Until when one that reloads itself need not answer."""

    def age(self, at: float) -> float:
        """Seconds from its start until then; 0 where it is not known to have started."""
        return max(0.0, at - self.started_at) if self.started_at is not None else 0.0

    def with_complaint(self, reason: str) -> str:
        """Why it is given up, and what its health check said last."""
        return f"{reason}; {self.complaint}" if self.complaint else reason

    def hear(self, said: NotifyState, *, now: float, reload_time: float) -> None:
        """It said something of itself; a reload that begins now may take `reload_time` seconds."""
        if said.reloading and not self.said.reloading:
            self.busy_until = now + reload_time
        self.said = said
        self.pid = said.main_pid or self.pid

    def show(self, connections: int | None, lag: float | None) -> None:
        """Its worker's cell of the load page was read."""
        self.connections, self.lag = connections, lag
