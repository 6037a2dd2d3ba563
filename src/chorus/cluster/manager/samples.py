"""Memory and processor time of processes, and who holds a port: what the system says."""

import msgspec
import psutil


class Sample(msgspec.Struct, frozen=True):
    """One look at a process."""

    memory: int
    """Resident bytes."""

    cpu: float
    """Per cent of one processor since the sample before; 0.0 at the first."""


class Sampler:
    """Looks at processes; remembers the processor time of each between two looks."""

    def __init__(self) -> None:
        self._processes: dict[int, psutil.Process] = {}

    def sample(self, pid: int) -> Sample | None:
        """Look at a process; None when it is gone."""
        try:
            process = self._processes.get(pid) or psutil.Process(pid)
            self._processes[pid] = process
            with process.oneshot():
                return Sample(process.memory_info().rss, process.cpu_percent())
        except psutil.Error:  # it ended between two looks, or is not ours to see
            self._processes.pop(pid, None)
            return None

    def keep_only(self, pids: set[int]) -> None:
        """Forget every process that is not among these."""
        for pid in self._processes.keys() - pids:
            del self._processes[pid]


def holder_of_port(port: int) -> str | None:
    """Who listens on a TCP port: "nginx (pid 812)"; None when the system does not tell."""
    try:
        connections = psutil.net_connections(kind="tcp")
        pids = [c.pid for c in connections if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port]
    except psutil.Error:  # not allowed to look
        return None
    for pid in pids:
        if pid is not None:
            return f"{_name(pid)} (pid {pid})"
    return None


def _name(pid: int) -> str:
    """What a person calls the process: its program, and for an interpreter the module or file it runs."""
    try:
        process = psutil.Process(pid)
        words = [process.name()]
        for word in process.cmdline()[1:4]:
            if word != "-m":
                words.append(word)
                break
    except psutil.Error:  # it just ended, or is not ours to see
        return "a process"
    return " ".join(words)[:100]
