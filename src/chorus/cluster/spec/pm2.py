"""PM2's ecosystem files in our words: its camelCase, its aliases, its milliseconds, its way of naming programs.

    document, notes = translate({"apps": [{"script": "./api.js", "instances": "max", "killTimeout": 3000}]})
    parse(document, source="ecosystem.config.js", directory="/srv/shop")

What a key means is PM2's documentation (https://pm2.keymetrics.io/docs/usage/application-declaration/ and its
lib/API/schema.json). What a file leaves out gets our default, not PM2's: a bounded number of restarts for one. Keys
that mean nothing here, and keys that nobody knows, are gathered, to be named in a warning: PM2 passes over them, and a
file that it takes is taken. Values nobody can use are left for `parse` to refuse.
"""

import difflib
import os.path
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import msgspec

from chorus.cluster.spec import lines
from chorus.cluster.spec.application import LARGEST_DOCUMENT, LONGEST_NAME, SET_BY_COMMAND, ApplicationSpec
from chorus.cluster.spec.javascript import Json, as_name, as_text
from chorus.cluster.spec.problems import shown

ALIASES = {
    "exec": "script", "cmd": "script", "exec_interpreter": "interpreter", "node_args": "interpreter_args",
    "out": "out_file", "output": "out_file", "out_log": "out_file",
    "error": "error_file", "err": "error_file", "err_file": "error_file", "err_log": "error_file",
    "log": "combined_file", "log_file": "combined_file", "combine_logs": "merge_logs",
    "cron": "cron_restart", "ignore_watch": "watch_ignore", "user": "uid", "kill_signal": "stop_signal",
}  # fmt: skip
"""PM2's names → ours."""

MEANINGLESS = frozenset(
    {
        "append_env_to_name", "automation", "cwd_from_shell", "deep_monitoring", "deploy", "disable_source_map_support",
        "disable_trace", "event_loop_inspector", "execute_command", "force", "increment_interval", "install_url", "io",
        "kill_retry_time", "log_date_format", "monitoring", "pid", "pid_file", "pmx", "post_update",
        "shutdown_with_message", "source_map_support", "trace", "username", "v8", "vizion",
        "vizion_running", "watch_options", "windows_hide", "write",
    }
)  # fmt: skip
"""Keys of PM2 that have no meaning here; named in the warning and left out."""

_LISTS = ("args", "interpreter_args", "watch_ignore", "stop_exit_codes", "filter_env")
_MILLISECONDS = ("restart_delay", "kill_timeout", "listen_timeout", "min_uptime", "watch_delay")
_NUMERIC = re.compile(r"localhost|[0-9.]{7,15}|[0-9a-fA-F.:]*:[0-9a-fA-F.:]*")
"""An address that can be bound without asking who it is."""

_NODE = (".js", ".cjs", ".mjs", ".ts", "")
_OURS = frozenset(field.name for field in msgspec.structs.fields(ApplicationSpec)) - SET_BY_COMMAND
_DEFAULT_IGNORED = next(f.default for f in msgspec.structs.fields(ApplicationSpec) if f.name == "watch_ignore")


class Notes:
    """What an operator should hear of a file that was accepted."""

    def __init__(self) -> None:
        self.meaningless: set[str] = set()
        self.unknown: set[str] = set()
        self.modes: set[str] = set()
        self.renamed: list[str] = []

    def lines(self, source: str) -> list[str]:
        """One line each: for keys without a meaning, for unknown ones and modes, for names that had to be changed."""
        lines: list[str] = []
        if self.meaningless:
            lines.append(f"{source}: without a meaning here, left out: {', '.join(sorted(self.meaningless))}")
        if self.unknown:
            lines.append(
                f"{source}: unknown, left out: {', '.join(_with_nearest(key) for key in sorted(self.unknown))}"
            )
        if self.modes:
            found = ", ".join(sorted(self.modes))
            lines.append(f"{source}: exec_mode: found {found}, expected cluster or fork; left out")
        if self.renamed:
            lines.append(f"{source}: called differently here: {', '.join(self.renamed)}")
        return lines


def translate(document: Any, *, environment: str | None = None, bridge: str = "") -> tuple[dict[str, Any], Notes]:
    """A PM2 document as one that `parse` reads.

    Args:
        document: what the file says: `{"apps": [...]}`, or under "pm2", a list of applications, or one application.
        environment: the selected one, whose PORT counts.
        bridge: path of the Node module that is loaded before programs in cluster mode, so that they share a socket.
    """
    notes = Notes()
    if isinstance(document, Mapping):
        table = cast("Mapping[str, Any]", document)
        one = [table] if "script" in table or "exec" in table else []
        applications: Any = table.get("apps", table.get("pm2", one))
        notes.meaningless |= set(table) & MEANINGLESS
    else:
        applications = document
    if isinstance(applications, Mapping):
        applications = [applications]
    if not isinstance(applications, list):
        return {"apps": applications}, notes
    entries = cast("list[Any]", applications)
    if len(entries) > LARGEST_DOCUMENT:  # by aliases of YAML, too, each of which would be made anew here
        return {"apps": entries}, notes
    json = Json()
    return {"apps": [_application(entry, environment, bridge, notes, json) for entry in entries]}, notes


def _application(entry: Any, environment: str | None, bridge: str, notes: Notes, json: Json) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    table = _named(cast("Mapping[str, Any]", entry), notes)
    _values(table, json)
    for key in _MILLISECONDS:
        if key in table:
            table[key] = _milliseconds(table[key])
    _logs(table)
    _watching(table)
    _backing_off(table)
    mode = _mode(table, notes)
    _program(table)
    if not mode and _is_node(table) and table.get("instances", 1) not in (1, "1"):
        mode = "cluster"  # as PM2 has it
    _name(table, notes)
    _port(table, mode, environment, bridge)
    unknown = {key for key in table if key not in _OURS and not (key == "env" or key.startswith("env_"))}
    notes.unknown |= unknown
    for key in unknown:
        del table[key]
    if isinstance(instances := table.get("instances"), str) and re.fullmatch(r"-?\d{1,6}", instances):
        table["instances"] = int(instances)
    table.setdefault("stop_signal", "SIGINT")
    return table


def _values(table: dict[str, Any], json: Json) -> None:
    """One value where a list may stand, and what is no text where one is wanted."""
    for key in _LISTS:
        value = table.get(key)
        if isinstance(value, str):
            table[key] = _words(value) if "args" in key else [value]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            table[key] = [value]
        if "args" in key and isinstance(arguments := table.get(key), list):
            table[key] = [as_text(each) for each in cast("list[Any]", arguments)]
    for key in [key for key in table if key == "env" or key.startswith("env_")]:
        if isinstance(table[key], Mapping):
            table[key] = _variables(cast("Mapping[Any, Any]", table[key]), json)


def _variables(given: Mapping[Any, Any], json: Json) -> dict[Any, Any]:
    """Variables as PM2 hands them on: a table, a list or nothing is written as JSON, all else as a text."""
    return {
        as_name(name): json.written(value) if value is None or isinstance(value, dict | list) else as_text(value)
        for name, value in given.items()
    }


def _mode(table: dict[str, Any], notes: Notes) -> str:
    """`cluster`, `fork`, or nothing where the file does not say, or says neither, which is noted."""
    given = table.pop("exec_mode", None)
    if given in (None, ""):
        return ""
    text = given if isinstance(given, str) else shown(given)
    mode = text.removesuffix("_mode")
    if mode in ("cluster", "fork"):
        return mode
    notes.modes.add(text)
    return ""


def _named(entry: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The keys in our words. A key of ours wins over an alias of it."""
    table: dict[str, Any] = {}
    for key, value in entry.items():
        given = str(key)  # YAML has numbers for keys, too
        plain = given if given.startswith("env") else _snake(given)
        if plain in MEANINGLESS:
            notes.meaningless.add(plain)
        elif value is not None:
            name = ALIASES.get(plain, plain)
            if name == plain or name not in table:
                table[name] = value
    return table


def _with_nearest(key: str) -> str:
    """An unknown key, and the one that was probably meant."""
    known = sorted(_OURS | ALIASES.keys() | {"exec_mode"})
    near = difflib.get_close_matches(key, known, n=1)
    return f"{key} (did you mean {near[0]}?)" if near else key


def name_here(given: str) -> str:
    """What an application of PM2's is called here, where a name has fewer characters to choose from."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", given)
    name = name if name[:1].isalpha() else f"app-{name}".rstrip("-")
    return name[:LONGEST_NAME]


def our_name(key: str) -> str:
    """What a key of PM2 is called here."""
    plain = key if key.startswith("env") else _snake(key)
    return ALIASES.get(plain, plain)


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"_{match[1].lower()}", key)


def _words(line: str) -> list[str]:
    """As a shell splits it; one with a quote too few only at its blanks, as PM2 splits every one."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _milliseconds(value: Any) -> Any:
    """PM2's bare numbers are milliseconds; with a unit they are what they say."""
    with suppress(OverflowError, ValueError):  # beyond all measure: left as it is
        if isinstance(value, str) and value.isdecimal():
            return int(value) / 1000
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value / 1000
    return value


def _logs(table: dict[str, Any]) -> None:
    if table.pop("disable_logs", False):
        table |= {"out_file": None, "error_file": None, "combined_file": None}
    for key in ("out_file", "error_file", "combined_file"):
        if table.get(key) in (False, "/dev/null", "NULL"):
            table[key] = None
        elif table.get(key) is True:  # its default place is ours
            del table[key]
    if table.get("log_type") not in ("json", None):
        del table["log_type"]  # PM2 knows one word and takes every other for text
    if "time" in table:
        table["timestamps"] = table.pop("time")


def _watching(table: dict[str, Any]) -> None:
    if isinstance(table.get("watch"), str):
        table["watch"] = [table["watch"]]
    if isinstance(ignored := table.get("watch_ignore"), list):
        table["watch_ignore"] = [*_DEFAULT_IGNORED, *cast("list[Any]", ignored)]
    if table.get("cron_restart") in (0, "0", False):
        del table["cron_restart"]


def _backing_off(table: dict[str, Any]) -> None:
    """PM2 begins with the given delay, makes each half as long again, and stops at 15 s."""
    first = table.pop("exp_backoff_restart_delay", 0)
    if first:
        table |= {"restart_delay": _milliseconds(first), "restart_backoff": 1.5, "longest_restart_delay": 15.0}


def _program(table: dict[str, Any]) -> None:
    """PM2 takes a script for a file of Node unless its suffix says otherwise; a bare word is a program.

    A line of several words runs in a shell under PM2, and here where it needs one.
    """
    if isinstance(table.get("command"), str):
        line = table.pop("command")
        table.setdefault("script", line)
    script = table.get("script")
    if not isinstance(script, str) or not script.strip():
        return
    words = _words(script) if " " in script and "/" not in script.split(" ", 1)[0] else [script]
    bare = len(words) > 1 or not ("/" in script or "." in script)
    if table.get("interpreter") == "none" or (bare and "interpreter" not in table):
        table.pop("interpreter", None)
        del table["script"]
        table["command"] = words
        if len(words) > 1:
            with suppress(ValueError):  # a quote too few: split at its blanks, as PM2 splits every one
                table["command"] = lines.command(script)
                words = [lines.program(script) or words[0]]
        base = os.path.basename(words[0])
        table.setdefault("name", base[: base.rfind(".")] if base.rfind(".") > 0 else base)


def _name(table: dict[str, Any], notes: Notes) -> None:
    given = table.get("name")
    if given is None and isinstance(script := table.get("script"), str):
        given = os.path.splitext(os.path.basename(script))[0]
    given, prefix = as_text(given), as_text(table.get("name_prefix", ""))
    if not isinstance(given, str) or not isinstance(prefix, str):
        return
    given = f"{prefix}{given}"
    table.pop("name_prefix", None)
    name = name_here(given)
    if name != given:
        notes.renamed.append(f'"{given}" is {name}')
    table["name"] = name


def _port(table: dict[str, Any], mode: str, environment: str | None, bridge: str) -> None:
    """Its `port` is a variable; in cluster mode the instances share the socket, as Node's do under PM2."""
    port = as_text(table.pop("port", None))
    env = table.get("env")
    if port is not None:
        env = {"PORT": port, **cast("dict[str, Any]", env)} if isinstance(env, Mapping) else {"PORT": port}
        table["env"] = env
    waits = bool(table.get("wait_ready"))
    if not _is_node(table) or not (mode == "cluster" or waits):
        return
    if bridge:
        given = table.get("interpreter_args")
        arguments = cast("list[Any]", given) if isinstance(given, list) else []
        table["interpreter_args"] = [*arguments, "--require", bridge]
    if waits:
        table["env"] = env = {**_mapping(env), "CHORUS_READY": "send"}
    selected = table.get(f"env_{environment}")
    variables = {**_mapping(env), **_mapping(selected)}
    number, host = variables.get("PORT"), variables.get("HOST")
    counts_up = table.get("increment_var") == "PORT"
    if mode == "cluster" and isinstance(number, str) and re.fullmatch(r"\d{1,20}", number) and not counts_up:
        table |= {"port": int(number), "wait_ready": True, "overlap": True}
        numeric = isinstance(host, str) and _NUMERIC.fullmatch(host)
        table.setdefault("host", host if numeric else "0.0.0.0")


def _mapping(value: Any) -> dict[str, Any]:
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else {}


def _is_node(table: dict[str, Any]) -> bool:
    interpreter, script = table.get("interpreter"), table.get("script")
    if interpreter is not None:
        return isinstance(interpreter, str) and os.path.basename(interpreter).startswith("node")
    return isinstance(script, str) and os.path.splitext(script)[1] in _NODE
