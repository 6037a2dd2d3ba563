"""What is loaded before a Node program of a PM2 file, on a real Node, with the test in the keeper's place."""

import os
import socket
import struct
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from parts.node import NODE

BRIDGE = str(files("chorus.cluster.cli") / "pm2_bridge.cjs")
_CREDENTIALS = struct.Struct("iII")


@pytest.fixture
def notified(tmp_path: Path):
    """The socket that a program says READY=1 on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify.sock"))
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        bound.settimeout(30)
        yield bound


def test_whoever_says_ready_is_there_until_it_was_read(notified, tmp_path):
    """Row 38: the keeper asks the system whose word it is, however late it comes to reading it."""
    (tmp_path / "api.js").write_text("process.send('ready'); console.log('goes on');")
    node = subprocess.Popen(
        [NODE, "--require", BRIDGE, str(tmp_path / "api.js")],
        env=os.environ | {"NOTIFY_SOCKET": notified.getsockname(), "CHORUS_READY": "send"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with node:
        said, attached, *_ = notified.recvmsg(100, socket.CMSG_SPACE(_CREDENTIALS.size))
        sender = _CREDENTIALS.unpack(attached[0][2])[0]
        barrier, passed, *_ = notified.recvmsg(100, socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(4))
        assert said == b"READY=1"
        assert barrier == b"BARRIER=1"
        assert os.getsid(sender) == node.pid

        (descriptor,) = (value for _, kind, value in passed if kind == socket.SCM_RIGHTS)
        os.close(int.from_bytes(descriptor, "little"))

        assert node.communicate(timeout=30)[0] == b"goes on\n"
