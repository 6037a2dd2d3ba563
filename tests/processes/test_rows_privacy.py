"""What other users of the machine may see (row 32 of the cluster's table of behaviours), with real processes."""

import os
import subprocess

import pytest

from chorus.cluster.messages import Start
from cluster.keeper.running import python
from parts.held import live

pytestmark = pytest.mark.processes


def test_everything_in_the_home_is_the_owners_alone(cluster):
    """Row 32: folders 0700, sockets and files 0600, the workers' sockets and the logs too."""
    cluster.done(Start(applications=[live(cluster)]))
    paths = [cluster.home, *cluster.home.rglob("*")]

    modes = {str(path.relative_to(cluster.home)): path.stat().st_mode & 0o777 for path in paths}

    assert {
        name: mode for name, mode in modes.items() if mode != (0o700 if (cluster.home / name).is_dir() else 0o600)
    } == {}
    assert {"keeper.sock", "notify.sock", "rpc.sock", "keeper.pid", "children", "daemon.log", "out_file"} < set(modes)
    assert len([name for name in modes if name.startswith("run/live")]) == 4  # two sockets each


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can pretend to be somebody else")
@pytest.mark.parametrize("name", ["rpc.sock", "keeper.sock"])
def test_another_user_is_refused_even_where_the_permissions_let_everybody_in(cluster, name):
    """Row 32: whoever connects is asked who they are."""
    for path in (cluster.home, cluster.home / name):
        path.chmod(0o777)
    stranger = f"""
import os, socket
os.setuid(65534)
with socket.socket(socket.AF_UNIX) as stranger:
    stranger.settimeout(5)
    stranger.connect({str(cluster.home / name)!r})
    print(stranger.recv(1000).decode())
"""

    shown = subprocess.run(python(stranger), capture_output=True, text=True, check=True).stdout

    assert '"permission"' in shown
