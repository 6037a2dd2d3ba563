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
            doc="Asks the Redis that REDIS_HOST, REDIS_PORT or REDIS_URL of this shell names; without them that of the "
            "running chat, with its password, or the bundled Valkey.",
        ),
        Command(
            "demo",
            "chorus.entry.commands.demo:run",
            "fill the chat's database with a believable team",
            options=(
                Option("people", "", "N", "how many people, 100 unless said"),
                Option("channels", "", "N", "how many channels, 20 unless said"),
                Option("messages", "", "N", "how many messages, 50000 unless said"),
                Option("seed", "", "N", "another team and other words for another number; 1 unless said"),
                Option("password", "", "TEXT", "everybody's password; made up and shown unless given"),
                Option("erase", help="take everything out of the database first, after a question"),
                Option("yes", help="do not ask"),
                Option("json", help="one JSON document, for programs"),
            ),
            doc="Works on the database and the files that the chat would use from this shell, whether it runs or not. "
            "A database that holds people already is left alone.",
        ),
        Command(
            "chaos",
            "chorus.entry.commands.chaos:run",
            "kill everything of a scratch cluster under load, and prove that nothing got lost",
            options=(
                Option("seconds", "-s", "N", "how long", default="180"),
                Option("clients", "", "N", "that send without pause", default="200"),
                Option("channels", "", "N", "that they are in, two each", default="20"),
                Option("instances", "-i", "N", "of the chat", default="4"),
                Option("seed", "", "N", "decides who is killed; by default another each time"),
                Option("sqlite", help="use SQLite also where there is a PostgreSQL"),
                Option("keep", help="keep the folder with logs and data"),
                Option("json", help="print the certificate as JSON"),
            ),
            doc=(
                "It makes a home, a folder, ports, a Valkey and a PostgreSQL of its own, kills workers, the manager, "
                "Redis and PostgreSQL while clients send, and ends all that. Exit code 1: a promise was broken."
            ),
        ),
        Command(
            "admin",
            "chorus.entry.commands.admin.command:run",
            "run the chat's accounts from this machine",
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
                Option("name", "", "NAME", "create-owner: for people; the handle unless given"),
                Option("password", help="ask for a password, or read it from standard input; else one is made up"),
                Option("role", "", "ROLE", "invite: admin, member or guest; member unless given"),
                Option("days", "", "N", "invite: how long it lasts, 7 unless given"),
                Option("most", "", "N", "invite: how many may sign up with it, 1 unless given"),
                Option("act", "", "ACT", 'audit: one act, or a kind of them such as "account."'),
                Option(
                    "account", "", "HANDLE", "audit: what was done to this account; export: what this account has alone"
                ),
                Option("since", "", "AGE", "audit: of the last 12h, 7d or 4w alone"),
                Option("lines", "-n", "N", "audit: how many lines, 50 unless given"),
                Option("direct", help="export: direct messages and groups of everybody, too"),
                Option("yes", help="do not ask"),
                Option("json", help="one JSON document, for programs"),
            ),
            doc="Works on the database that the chat would use from this shell, whether it runs or not. WHAT is "
            "create-owner HANDLE, reset-password HANDLE, deactivate HANDLE, reactivate HANDLE, role HANDLE ROLE, "
            "invite, export FILE, stats or audit. Whatever changes something stands in the audit log.",
        ),
    ),
)


def main() -> int:
    """Run the command line of this process and return its exit code."""
    return command_line.main(sys.argv[1:], PRODUCT)
