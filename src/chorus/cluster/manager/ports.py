"""Who holds a TCP port: what the system says of it in /proc/net/tcp and /proc/PID/fd (proc(5))."""

import os
import re
from collections.abc import Iterator

_LISTENS = "0A"
_PLACES = ("/proc/net/tcp", "/proc/net/tcp6")
_LONGEST_NAME = 100


def holder_of_port(port: int) -> str | None:
    """Who listens on a TCP port: "nginx (pid 812)"; None when the system does not tell."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    if not sockets:
        return None
    for pid in (name for name in os.listdir("/proc") if name.isdigit()):
        if any(link in sockets for link in _links(pid)):
            return f"{_name(pid)} (pid {pid})"
    return None


def _listening(port: int) -> Iterator[str]:
    """The inodes of the sockets that listen on the port."""
    for place in _PLACES:
        try:
            with open(place, encoding="ascii") as file:
                lines = file.read().splitlines()[1:]
        except OSError:  # no such protocol here
            continue
        for fields in (line.split() for line in lines):
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _links(pid: str) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    try:
        for fd in os.listdir(folder):
            yield os.readlink(f"{folder}/{fd}")
    except OSError:  # it just ended, or is not ours to see
        return


def _name(pid: str) -> str:
    """What a person calls the process: its program, and for an interpreter the module or file it runs."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            words = [file.read().strip()]
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            arguments = file.read().split("\0")[1:4]
    except OSError:  # it just ended
        return "a process"
    words += [word for word in arguments if word and not re.match(r"-(P|m|u|E|I|s)$", word)][:1]
    return " ".join(words)[:_LONGEST_NAME]
