"""Row 38 of the table of behaviours: ecosystem files of PM2 are accepted as they are."""

import socket

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]


PM2_JS = """
// three applications, as PM2's documentation writes them
module.exports = {
  apps: [{
    name: 'api', script: './api.js', instances: 2, execMode: 'cluster', maxMemoryRestart: '300M', waitReady: true,
    listenTimeout: 30000,
    env: { PORT: %d, NODE_ENV: 'development' }, env_production: { NODE_ENV: 'production' },
  }, {
    name: 'limit worker', script: './worker.js', args: 'limit --fast', watch: false, vizion: false,
  }, {
    script: 'job.py', cron_restart: '0 3 * * *', kill_timeout: 3000, min_uptime: '5s', source_map_support: true,
  }],
  deploy: { production: { user: 'node' } },
};
"""

API_JS = """
const http = require('http');
const answer = () => JSON.stringify({ pid: process.pid, env: process.env.NODE_ENV });
http.createServer((request, response) => response.end(answer()))
  .listen(process.env.PORT, () => process.send('ready'));
"""


def test_a_pm2_file_of_javascript_just_works(shell: Shell):
    """Row 38: three applications, one of them in cluster mode on one port; what means nothing is named once."""
    shell.program("ecosystem.config.js", PM2_JS % shell.port)
    shell.program("api.js", API_JS)
    shell.program("worker.js", "console.log(process.argv.slice(2).join(' ')); setInterval(() => {}, 1000);")
    shell.program("job.py", "import time\ntime.sleep(1000)\n")

    started = shell.chorus("start", "ecosystem.config.js", "--env", "production")

    assert started.returncode == 0, started.stderr
    assert {name: len(pids) for name, pids in shell.pids().items()} == {"api": 2, "limit-worker": 1, "job": 1}
    assert shell.answer()["env"] == "production"
    notes = [line for line in started.stderr.splitlines() if line.startswith("ecosystem.config.js:")]
    assert notes == [
        "ecosystem.config.js: without a meaning here, left out: deploy, source_map_support, vizion",
        'ecosystem.config.js: called differently here: "limit worker" is limit-worker',
    ]
    until(lambda: "limit --fast" in shell.ok("logs", "limit-worker"), what="the arguments")


def test_a_node_cluster_of_a_pm2_file_shares_its_port_and_reloads(shell: Shell):
    """Row 38: both instances answer on the port, and new ones replace them without a refused connection.

    The program asks for 127.0.0.1: another address of the machine gets no answer, though the socket was bound before.
    """
    shell.program("ecosystem.config.js", PM2_JS % shell.port)
    shell.program("api.js", API_JS.replace("process.env.PORT,", "process.env.PORT, '127.0.0.1',"))
    shell.program("worker.js", "")
    shell.program("job.py", "")
    shell.ok("start", "ecosystem.config.js", "--only", "api")
    before = set(shell.pids()["api"])
    answering = {shell.answer()["pid"] for _ in range(40)}

    with shell.popen("reload", "api") as reloading:
        answers = 0
        while reloading.poll() is None:
            shell.answer()
            answers += 1
        reloading.communicate()

    with socket.create_connection(("127.0.0.2", shell.port), timeout=30) as elsewhere:
        assert elsewhere.recv(100) == b""
    assert answering == before
    assert reloading.returncode == 0
    assert answers > 0
    assert shell.answer()["pid"] not in before


YAML = """
apps:
  - script: ./job.py
    name: api-app
    instances: 2
    exec_mode: cluster
    maxRestarts: 3
  - script: ./job.py
    name: worker
    env_production:
      COLOUR: red
"""

COMMENTED = """
{
  /* as PM2 allows */
  "apps": [{ "name": "worker", "script": "./job.py", "output": "./out.log", }], // and a comma too much
}
"""


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [("process.yml", YAML, ["api-app", "worker"]), ("process.json", COMMENTED, ["worker"])],
)
def test_pm2_files_of_yaml_and_json_are_accepted_as_they_are(shell: Shell, name: str, text: str, names: list[str]):
    """Row 38: `.yaml` and `.json`, comments included."""
    shell.program("job.py", "import time\ntime.sleep(1000)\n")

    shell.ok("start", shell.program(name, text))

    assert sorted(shell.pids()) == names
