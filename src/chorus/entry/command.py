"""The `chorus` command: the cluster's command line, told what Chorus brings.

Nothing of the chat is imported before `start` needs it: `chorus status` answers in less time than that would take.
"""

import sys
from typing import TYPE_CHECKING, Final

from chorus import __version__
from chorus.cluster.cli import main as command_line
from chorus.cluster.cli.arguments import Option
from chorus.cluster.cli.product import Command, Product, Wish

if TYPE_CHECKING:
    from chorus.cluster.spec import ApplicationSpec


def _applications(wish: Wish) -> "list[ApplicationSpec]":
    from chorus.entry.builtin import applications

    return applications(wish)


def _objections(spec: "ApplicationSpec") -> list[str]:
    from chorus.entry.builtin import objections

    return objections(spec)


def _settings() -> tuple[str, ...]:
    from chorus.entry.settings import declarations

    names = [name for each in declarations() for name in (each.variable.name, *each.variable.also)]
    return tuple(name for name in names if name not in _OF_THE_CLUSTER)


_OF_THE_CLUSTER: Final = {"PORT", "HOST", "CHORUS_HOME", "CHORUS_INSTANCE_ID", "NODE_APP_INSTANCE", "PM2_INSTANCE_ID"}
"""What the cluster sets, or keeps in the specification."""

PRODUCT: Final = Product(
    name="Chorus",
    version=__version__,
    primary="chat",
    builtin=_applications,
    builtin_names=("chat", "valkey"),
    objections=_objections,
    settings=_settings,
    services="chorus.entry.commands.redis:services",
    commands=(
        Command(
            "redis",
            "chorus.entry.commands.redis:run",
            "check the connection to Redis",
            options=(Option("json", help="one JSON document, for programs"),),
            doc="Asks the Redis named by REDIS_HOST, REDIS_PORT or REDIS_URL in this shell; without them, the one "
            "the running chat uses, with its password, or the bundled Valkey.",
        ),
        Command(
            "demo",
            "chorus.entry.commands.demo:run",
            "fill the chat's database with a believable team",
            options=(
                Option("people", "", "N", "how many people; by default 100"),
                Option("channels", "", "N", "how many channels; by default 20"),
                Option("messages", "", "N", "how many messages; by default 50000"),
                Option("seed", "", "N", "another number gives another team and other words; by default 1"),
                Option("password", "", "TEXT", "everybody's password; by default one is made up and shown"),
                Option("erase", help="empty the database first, after asking"),
                Option("yes", help="do not ask"),
                Option("json", help="one JSON document, for programs"),
            ),
            doc="Works on the database and the files of the chat that runs here; where none does, or this shell sets "
            "DATABASE_URL or CHORUS_FILES_URL, on those that the chat would use from this shell. "
            "A database that already has people in it is left alone.",
        ),
        Command(
            "chaos",
            "chorus.entry.commands.chaos:run",
            "kill everything in a scratch cluster under load, and prove that nothing is lost",
            options=(
                Option("seconds", "-s", "N", "how long to run", default="180"),
                Option("clients", "", "N", "how many clients send without pause", default="200"),
                Option("channels", "", "N", "how many channels; each client is in two", default="20"),
                Option("instances", "-i", "N", "how many instances of the chat", default="4"),
                Option("seed", "", "N", "decides what is killed when; by default different each time"),
                Option("sqlite", help="use SQLite even where there is a PostgreSQL"),
                Option("keep", help="keep the folder with logs and data"),
                Option("json", help="print the certificate as JSON"),
            ),
            doc=(
                "Starts a cluster with a home, ports, a Valkey and a PostgreSQL of its own, kills workers, the "
                "manager, Redis and PostgreSQL while clients send, and ends all of it. Exit code 1: a promise was "
                "broken."
            ),
        ),
        Command(
            "admin",
            "chorus.entry.commands.admin.command:run",
            "administer the chat from this machine",
            "WHAT [HANDLE|FILE] [ROLE]",
            least=1,
            most=3,
            words=(
                "create-owner",
                "reset-password",
                "deactivate",
                "reactivate",
                "role",
                "invite",
                "export",
                "stats",
                "audit",
            ),
            options=(
                Option("name", "", "NAME", "create-owner: the name people see; by default the handle"),
                Option("password", help="ask for a password, or read it from standard input; else one is made up"),
                Option("role", "", "ROLE", "invite: admin, member or guest; by default member"),
                Option("days", "", "N", "invite: how long it lasts; by default 7"),
                Option("most", "", "N", "invite: how many may sign up with it; by default 1"),
                Option("act", "", "ACT", 'audit: only this act, or a kind of acts such as "account."'),
                Option(
                    "account",
                    "",
                    "HANDLE",
                    "audit: only what was done to this account; export: only what this account has",
                ),
                Option("since", "", "AGE", "audit: only the last 12h, 7d or 4w"),
                Option("lines", "-n", "N", "audit: how many lines; by default 50"),
                Option("direct", help="export: include everybody's direct messages and groups"),
                Option("yes", help="do not ask"),
                Option("json", help="one JSON document, for programs"),
            ),
            doc="Works on the database of the chat that runs here; where none does, or this shell sets DATABASE_URL or "
            "CHORUS_FILES_URL, on the one that the chat would use from this shell. WHAT is "
            "create-owner HANDLE, reset-password HANDLE, deactivate HANDLE, reactivate HANDLE, role HANDLE ROLE, "
            "invite, export FILE, stats or audit. Whatever changes something is recorded in the audit log.",
        ),
    ),
)


def main() -> int:
    """Run the command line of this process and return its exit code."""
    return command_line.main(sys.argv[1:], PRODUCT)
