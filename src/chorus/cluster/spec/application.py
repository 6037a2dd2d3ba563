"""How one application is to run: every option declared once, with its unit, default and meaning.

What the command line adds to what a file says stands at the end: the shell's variables, the selected environment, the
file itself. docs/ecosystem.md and docs/ecosystem.schema.json are written from these declarations.
"""

import os.path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chorus.cluster.restarts import RestartPolicy
from chorus.cluster.spec.address import Address
from chorus.cluster.spec.alerts import Alerts
from chorus.cluster.spec.health import Health
from chorus.cluster.spec.units import Bytes, Seconds

LONGEST_NAME = 32
"""Characters."""

Name = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,31}$", extra={"expected": "a letter, then up to 31 of A-Z a-z 0-9 . _ -"}),
]

LogPath = Annotated[str, Meta(min_length=1, extra={"expected": "the path of a file; /dev/null keeps nothing"})]

ExitCode = Annotated[int, Meta(ge=0, le=255)]

VariableName = Annotated[
    str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$", extra={"expected": "the name of a variable"})
]

Host = Annotated[
    str, Meta(extra={"reads": "host", "expected": 'an address in numbers, such as "127.0.0.1" or "::", or "localhost"'})
]
"""Nobody is asked who a name is: that could take as long as its server likes."""

LARGEST_CLUSTER = 128
"""Instances one application may have."""

LARGEST_DOCUMENT = 128
"""Applications one document may have."""

RESERVED_NAMES = frozenset({"all"})
"""Words that mean something else where an application is named."""


SET_BY_COMMAND = frozenset({"inherited", "environments", "environment", "source"})
"""Fields that no document sets."""


class ApplicationSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the cluster knows of how an application is to run.

    Exactly one of `app`, `command` and `script` is set. `parse` reads a document; a program may also make one directly:
    `ApplicationSpec(name="web", app="shop.web:application", cwd="/srv/shop", port=8000)`.
    """

    name: Name
    """What commands and logs call it; once in a cluster."""

    app: (
        Annotated[
            str, Meta(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$", extra={"expected": '"package.module:attribute"'})
        ]
        | None
    ) = None
    """An ASGI application, or a function without arguments that returns one: "package.module:attribute"."""

    command: tuple[str, ...] = ()
    """Any program and its arguments; it gets its sockets by LISTEN_FDS and speaks NOTIFY_SOCKET if it can."""

    script: str | None = None
    """A file to run with `interpreter`; relative to `cwd`."""

    interpreter: str | None = None
    """Runs `script`, or the worker of an `app`.

    None: the Python of the manager for `app` and *.py, node for *.js, else the file itself.
    """

    args: tuple[str, ...] = ()
    """Arguments after the command, the script or the application's name."""

    interpreter_args: tuple[str, ...] = ()
    """Arguments of the interpreter, before the script or the worker."""

    cwd: str = "."
    """Working directory; relative to the folder of the file."""

    env: dict[str, str] = {}
    """Variables of the instances, over those of the shell that starts them.

    A table `env_NAME` beside it is laid over it when that environment is selected with `--env NAME`.
    """

    filter_env: bool | tuple[str, ...] = False
    """Variables of the shell to keep from the instances: true for all, or what their names begin with."""

    instance_var: VariableName = "NODE_APP_INSTANCE"
    """Variable that holds the instance's number, beside CHORUS_INSTANCE_ID and PM2_INSTANCE_ID."""

    increment_var: VariableName | None = None
    """Variable of `env` with a whole number, to which every instance's number is added: PORT 3000, 3001, 3002."""

    namespace: Name = "default"
    """A group of applications that commands can name together."""

    instances: Annotated[int, Meta(ge=1, le=LARGEST_CLUSTER, extra={"reads": "instances"})] = 1
    """Instances at the start; `scale` changes the number afterwards.

    A file may also write "max" or 0, one for each processor, or -1, one less than that.
    """

    max_instances: Annotated[int, Meta(ge=1, le=LARGEST_CLUSTER)] = LARGEST_CLUSTER
    """Instances that can run beside each other: 1 for a server that has a socket or a folder for itself."""

    port: Annotated[int, Meta(ge=0, le=65535)] | None = None
    """TCP port that the keeper binds and all instances share; 0 lets the system choose. None: no socket."""

    host: Host = "127.0.0.1"
    """Address that `port` is bound to."""

    backlog: Annotated[int, Meta(ge=1, le=65535)] = 4096
    """Connections that may wait in the kernel's queue; Linux allows net.core.somaxconn, by default 4096."""

    wait_ready: bool = False
    """The program says READY=1 on NOTIFY_SOCKET; until then it is not online. An `app` always does."""

    listen_timeout: Seconds = 10.0
    """Seconds an instance may take until it is ready."""

    settle: Seconds = 1.0
    """Seconds a program that never says it is ready must live until a start or restart counts as done, and in a reload
    until it replaces the old instance.
    """

    overlap: bool | None = None
    """In a reload the new instance starts beside the old one. None: where they share a socket of the keeper."""

    kill_timeout: Seconds = 10.0
    """Seconds between `stop_signal` and SIGKILL."""

    stop_signal: Annotated[
        str,
        Meta(
            pattern=r"^SIG(TERM|INT|QUIT|HUP|USR1|USR2|KILL)$",
            extra={"expected": "SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2 or SIGKILL"},
        ),
    ] = "SIGTERM"
    """Asks an instance to finish."""

    treekill: bool = True
    """What an instance started ends with it, daemons in sessions of their own among it. False: the instance alone gets
    signals, and what it leaves behind lives on.
    """

    autorestart: bool = True
    """An instance that exits by itself starts again."""

    stop_exit_codes: tuple[ExitCode, ...] = ()
    """Exit codes after which an instance stays stopped."""

    max_restarts: Annotated[int, Meta(ge=0, le=10_000)] = 5
    """Restarts allowed in `restart_window`; one more and the instance is errored."""

    restart_window: Seconds = 3600.0
    """Seconds over which restarts are counted."""

    restart_delay: Seconds = 4.0
    """Seconds between an exit and the restart."""

    restart_backoff: Annotated[float, Meta(ge=1.0, le=100.0)] = 1.0
    """Each further exit before `min_uptime` makes the delay this many times longer."""

    longest_restart_delay: Seconds = 60.0
    """Seconds the delay never exceeds, however often it grows."""

    min_uptime: Seconds = 10.0
    """Seconds after which a run counts as stable."""

    cron_restart: Annotated[str, Meta(max_length=200, extra={"reads": "cron"})] | None = None
    """Reloads the application at these times, as crontab writes them, local time: "0 3 * * *"."""

    watch: bool | tuple[str, ...] = False
    """Reloads the application when a file changes: true for `cwd`, or a list of files and folders in it."""

    watch_ignore: tuple[str, ...] = (
        ".git", "node_modules", "__pycache__", "*.pyc", ".venv", "logs", "*.log", "*.sock", "*.pid", "*.swp", "*~",
    )  # fmt: skip
    """Names, or paths relative to `cwd`, that are not watched; * and ? stand for any characters."""

    watch_delay: Seconds = 1.0
    """Seconds without a further change before a changed application is reloaded."""

    max_memory_restart: Bytes | None = 1024**3
    """Bytes of resident memory above which an instance is restarted, gracefully. None: no limit."""

    watchdog: Seconds = 15.0
    """Seconds an instance may go without WATCHDOG=1, counted from its first one; then it is restarted.

    An `app` says it by itself as long as its event loop turns. 0: nobody waits for it.
    """

    health: Health | None = None
    """How to ask an instance whether it is well. None: it is well while it runs."""

    alerts: Alerts = Alerts()
    """When somebody is to be told that something is wrong. They stand in daemon.log and in `status`, too."""

    out_file: LogPath | None = "./logs/out.log"
    """Standard output of all instances; relative to `cwd`. None: not kept."""

    error_file: LogPath | None = "./logs/err.log"
    """Standard error of all instances; relative to `cwd`. None: not kept."""

    combined_file: LogPath | None = "./logs/combined.log"
    """Both together; relative to `cwd`. None: not kept."""

    merge_logs: bool = True
    """All instances write into the same files; else each into its own: out-0.log, out-1.log."""

    log_type: Literal["text", "json"] = "text"
    """How lines are written: as text, or each as a JSON object with its time, instance, stream and line."""

    timestamps: bool = True
    """Every line of the log files begins with its time and its instance; JSON has them anyway."""

    log_max_size: Annotated[int, Meta(ge=1, extra={"reads": "bytes"})] | None = 10 * 1024**2
    """Bytes at which a log file begins anew: about, for it is looked at every two seconds, and in between when it grows
    fast. None: it may grow, and so may one that is a link, such as /dev/stdout.
    """

    log_rotate_every: Seconds | None = 86_400.0
    """Seconds of local time after which a log file begins anew: 86400 is midnight, 3600 the full hour. None: never."""

    log_retain: Annotated[int, Meta(ge=0, le=1000)] = 30
    """Earlier files kept of each log file; the oldest are removed."""

    log_compress: bool = True
    """Earlier log files are compressed: out-20261123T160000.123.log.gz."""

    uid: str | int | None = None
    """User of the instances, by name or number; the keeper must be root.

    For a `command` or `script` without `wait_ready`: another user cannot reach the sockets in CHORUS_HOME.
    """

    gid: str | int | None = None
    """Group of the instances, by name or number; as `uid`."""

    inherited: dict[str, str] = {}
    """Set by the command line: the variables of the shell that started it, under `env`."""

    environments: dict[str, dict[str, str]] = {}
    """Set by `parse`: the tables `env_NAME` by NAME."""

    environment: str | None = None
    """Set by the command line: the selected one of `environments`; also CHORUS_ENV of the instances."""

    source: str | None = None
    """Set by the command line: the file it was read from."""

    def __post_init__(self) -> None:
        if len(given := _programs(self)) != 1:
            raise ValueError(f"{' and '.join(given) or 'none'} given, expected exactly one of app, command, script")
        if self.health is not None and self.app is None and not self.health.ways:
            raise ValueError("a program has no path to ask, expected health.url, health.connect or health.command")
        if self.health is not None and len(self.health.ways) > 1:
            raise ValueError(f"health.{' and health.'.join(self.health.ways)} given, expected at most one of them")
        if self.health is not None and self.health.ask is not None and self.health.connect is None:
            raise ValueError("health.ask given, expected health.connect beside it")
        if self.instances > self.max_instances:
            raise ValueError(f"{self.instances} instances given, expected at most max_instances, {self.max_instances}")
        if self.says_ready and (self.uid is not None or self.gid is not None):
            raise ValueError("uid and gid are for programs that do not say that they are ready")
        if self.name in RESERVED_NAMES:
            raise ValueError(f'"{self.name}" means every application where one is named, expected another name')

    @property
    def kind(self) -> Literal["asgi", "command"]:
        """Of `app`: "asgi", served by our own worker; "command" is everything else."""
        return "asgi" if self.app is not None else "command"

    @property
    def address(self) -> Address | None:
        """Where it is to listen; None: nowhere."""
        return None if self.port is None else (self.host, self.port)

    @property
    def says_ready(self) -> bool:
        """Whether an instance is online only after its READY=1."""
        return self.wait_ready or self.app is not None

    @property
    def is_waited_for(self) -> bool:
        """Whether an instance has `listen_timeout` to become ready: it says so, or is asked."""
        return self.says_ready or self.health is not None

    @property
    def overlaps(self) -> bool:
        """Whether a reload starts the new instance beside the old one; else it stops the old one first."""
        return self.overlap if self.overlap is not None else self.app is not None or self.port is not None

    @property
    def variables(self) -> dict[str, str]:
        """The variables of its instances: the shell's, under `env`, under those of the selected environment."""
        selected = {} if self.environment is None else {"CHORUS_ENV": self.environment}
        return {**self.inherited, **selected, **self.env, **self.environments.get(self.environment or "", {})}

    def variables_of(self, number: int) -> dict[str, str]:
        """The variables of one instance: `variables`, with the port of the shared socket and the instance's number, and
        `increment_var` counted up where it is a whole number.
        """
        port = {} if self.port is None else {"PORT": str(self.port)}
        found = {**port, **self.variables}
        if self.increment_var is not None and (first := found.get(self.increment_var, "")).isdecimal():
            found[self.increment_var] = str(int(first) + number)
        return found | dict.fromkeys(("CHORUS_INSTANCE_ID", self.instance_var, "PM2_INSTANCE_ID"), str(number))

    @property
    def restart_policy(self) -> RestartPolicy:
        """The part of the specification that `restarts.decide` wants."""
        return RestartPolicy(
            intensity=self.max_restarts,
            period=self.restart_window,
            delay=self.restart_delay,
            backoff=self.restart_backoff,
            longest_delay=self.longest_restart_delay,
            min_uptime=self.min_uptime,
        )

    def resolve(self, path: str) -> str:
        """Make a path of this specification absolute: it is relative to `cwd`."""
        return os.path.normpath(os.path.join(self.cwd, path))

    def log_path(self, path: str, number: int) -> str:
        """Where the instance of this number logs: the file itself, or out-1.log where logs are not merged."""
        if self.merge_logs or path == os.path.devnull:
            return self.resolve(path)
        stem, suffix = os.path.splitext(self.resolve(path))
        return f"{stem}-{number}{suffix}"


def _programs(spec: ApplicationSpec) -> list[str]:
    """The options given that say what to run."""
    return [key for key in ("app", "command", "script") if getattr(spec, key)]
