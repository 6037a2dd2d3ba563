"""`chorus startup`, `unstartup`, and `daemon`, which they have the system run: the cluster at every boot.

The unit runs `chorus daemon`. That leaves a process behind which restores what is saved and then tells systemd
READY=1, and becomes the keeper itself (exec): so the service's main process is the keeper, and a stop ends what it
keeps.
"""

import os
import re
import shutil
import signal
import sys
from typing import Final
from xml.sax.saxutils import escape

from chorus.cluster.cli import answer, launching, restoring, saved
from chorus.cluster.cli import daemon as daemons
from chorus.cluster.cli.failure import FAILED, OK, CommandFailed, usage
from chorus.cluster.cli.product import Context

UNIT: Final = "chorus.service"
LABEL: Final = "org.chorus.daemon"
_SYSTEMS: Final = ("systemd", "launchd")
_REFUSED: Final = re.compile(r"""["'\\\x00-\x1f\x7f]""")
"""What systemd accepts in no program's path, however it is written ("Executable name contains special characters")."""


def startup(context: Context) -> int:
    """Write the unit and enable it, or say why that cannot be."""
    system = _system(context)
    text, path = (unit(context), _unit_path()) if system == "systemd" else (plist(context), _plist_path())
    if context.arguments.given("print"):
        _print(context, text, path)
        return OK
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        saved.write_whole(path, text.encode(), mode=0o644)
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from error
    said = [f"wrote {path}"]
    if not os.path.exists(os.path.join(context.home.state, "saved.json")):
        context.terminal.note(
            "nothing is saved yet, so nothing would be started; when all runs as it shall: chorus save"
        )
    if system == "launchd":
        said.append(f"load it with: launchctl load -w {path}")
        answer.tell(context, "\n".join(said), changed=True, path=path)
        return OK
    if not _systemd_runs():
        raise CommandFailed(
            "the unit is written, but systemd does not run here, so nothing starts it at boot",
            [
                "In a container, make `chorus daemon` the container's command.",
                "With another init, have it run: " + " ".join([*_command(context), "daemon"]),
            ],
        )
    _systemctl("daemon-reload")
    _systemctl("enable", UNIT)
    said.append("enabled: what `chorus save` saved is started at boot")
    if os.geteuid() != 0:
        said.append("for a start before you log in, once: loginctl enable-linger")
    answer.tell(context, "\n".join(said), changed=True, path=path)
    return OK


def unstartup(context: Context) -> int:
    """Remove the unit. What runs goes on."""
    system = _system(context)
    path = _unit_path() if system == "systemd" else _plist_path()
    if not os.path.exists(path):
        answer.tell(context, f"nothing to remove: there is no {path}", changed=False, path=path)
        return OK
    if system == "systemd" and _systemd_runs():
        _systemctl("disable", UNIT)
    try:
        os.unlink(path)
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from error
    if system == "systemd" and _systemd_runs():
        _systemctl("daemon-reload")
    answer.tell(context, f"removed {path}", changed=True, path=path)
    return OK


def _print(context: Context, text: str, path: str) -> None:
    if context.arguments.given("json"):
        answer.tell(context, "nothing was written", changed=False, path=path, unit=text)
    else:
        context.terminal.say(text.rstrip("\n"))


def daemon(context: Context) -> int:
    """Become the keeper, beside a process that restores and says READY=1."""
    context.home.prepare()
    if (pid := daemons.keeper_pid(context.home)) is not None:
        raise CommandFailed(f"a keeper already runs for {context.home.path} (pid {pid})", ["End it with: chorus kill"])
    keeper = os.getpid()
    if (between := os.fork()) == 0:  # twice, so that it is no child of the keeper, who knows each of its own
        if os.fork() == 0:
            os._exit(_restore_and_tell(context, keeper))
        os._exit(OK)
    os.waitpid(between, 0)
    argv, environment = launching.keeper_command(context.home, context.environment)
    os.chdir("/")
    os.execve(argv[0], argv, environment)  # noqa: S606 - a shell would be one more process between


def unit(context: Context) -> str:
    """The text of the systemd unit.

    Raises:
        CommandFailed: systemd runs no program of such a path.
    """
    program, *words = _command(context)
    if found := _REFUSED.search(program):
        raise CommandFailed(
            f"systemd runs no program with {found[0]!r} in its path: {program}", ["Install chorus in another folder."]
        )
    command = " ".join([_quoted(program), *words])  # in the program's path no variable is put in: a $ stays one
    path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    target = "multi-user.target" if os.geteuid() == 0 else "default.target"
    return f"""[Unit]
Description={context.product.name}: applications kept by chorus
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=all
ExecStart={command} daemon
Environment={_quoted(f"CHORUS_HOME={context.home.path}")}
Environment={_quoted(f"PATH={path}")}
KillMode=mixed
TimeoutStartSec=300
TimeoutStopSec=120
Restart=on-failure
RestartSec=2

[Install]
WantedBy={target}
"""


def plist(context: Context) -> str:
    """The text of the launchd agent (launchd.plist(5))."""
    words = "\n".join(f"    <string>{escape(word)}</string>" for word in [*_command(context), "daemon"])
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{LABEL}</string>
  <key>ProgramArguments</key>
  <array>
{words}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>CHORUS_HOME</key>
    <string>{escape(context.home.path)}</string>
    <key>PATH</key>
    <string>{escape(os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"))}</string>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
</dict>
</plist>
"""


def _restore_and_tell(context: Context, keeper: int) -> int:
    """Beside the keeper: wait for the manager, restore, tell systemd. A failure ends the keeper, and so the service."""
    try:
        daemons.wait_until_up(context.home)
        if os.path.exists(os.path.join(context.home.state, "saved.json")):
            restoring.restore(context)
    except CommandFailed as error:
        context.terminal.fail("chorus", error.message, error.detail)
        if not daemons.answers(context.home):
            os.kill(keeper, signal.SIGTERM)
            return FAILED
    _notify(context.environment.get("NOTIFY_SOCKET", ""), "READY=1\nSTATUS=restored")
    return OK


def _notify(address: str, text: str) -> None:
    """Tell the service manager (sd_notify(3)), where there is one."""
    import socket

    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.sendto(text.encode(), "\0" + address[1:] if address.startswith("@") else address)


def _system(context: Context) -> str:
    system = context.arguments.text("for") or ("launchd" if sys.platform == "darwin" else "systemd")
    if system not in _SYSTEMS:
        raise usage(f'--for: found "{system}", expected {" or ".join(_SYSTEMS)}')
    return system


def _command(_context: Context) -> list[str]:
    """How this program is called by somebody without its environment."""
    return [sys.executable, "-P", "-m", "chorus"]


def _quoted(word: str) -> str:
    """A word of a unit file: in quotes where needed, what is special there escaped (systemd.syntax(7))."""
    plain = word.replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{plain}"' if any(c.isspace() or c == "'" for c in word) or plain != word else word


def _unit_path() -> str:
    if os.geteuid() == 0:
        return os.path.join("/etc/systemd/system", UNIT)
    configuration = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(configuration, "systemd", "user", UNIT)


def _plist_path() -> str:
    return os.path.expanduser(f"~/Library/LaunchAgents/{LABEL}.plist")


def _systemd_runs() -> bool:
    """As sd_booted(3) has it, and with the tool that we need."""
    return os.path.isdir("/run/systemd/system") and shutil.which("systemctl") is not None


def _systemctl(*words: str) -> None:
    import subprocess

    command = ["systemctl", *([] if os.geteuid() == 0 else ["--user"]), *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}: ended with {ended.returncode}", ended.stderr.splitlines())
