"""What `chorus start` runs where there is no ecosystem.toml: the chat and, unless REDIS_* names another, a Valkey."""

import os
from typing import Final

from chorus.cluster.cli.product import Wish
from chorus.cluster.spec import Alerts, ApplicationSpec, Health
from chorus.entry import bundled_valkey
from chorus.entry.checked_settings import checked_settings
from chorus.entry.settings import Settings, SettingsError, from_environment
from chorus.entry.signing_key import signing_key

CHAT: Final = "chorus.entry.server:application"


def applications(wish: Wish) -> list[ApplicationSpec]:
    """The applications in the order of their start, with the files they need in the home folder.

    Raises:
        CommandFailed: the environment is wrong; every wrong variable is named, and nothing was written.
    """
    settings = checked_settings(wish.environment, home=wish.home.path, directory=wish.directory)

    specs: list[ApplicationSpec] = []
    if settings.redis.bundled:
        if "valkey" not in wish.running:  # it would read another password when it is started again
            bundled_valkey.write_configuration(settings)
        specs.append(bundled_valkey.specification(settings, wish.directory))
    if not settings.accounts.jwt_secret:
        signing_key(settings.home)
    specs.append(chat(settings, wish.directory, wish.instances))
    return specs


def objections(spec: ApplicationSpec) -> list[str]:
    """What is wrong with the variables of a chat, before anything is done to one that runs."""
    if spec.app != CHAT:
        return []
    try:
        from_environment(spec.variables)
    except SettingsError as error:
        return [str(problem) for problem in error.problems]
    return []


def chat(settings: Settings, directory: str, instances: int | None) -> ApplicationSpec:
    """The chat; what is not said here is the specification's default."""
    return ApplicationSpec(
        name="chat",
        app=CHAT,
        cwd=os.path.abspath(directory),
        host=settings.web.host,
        port=settings.web.port,
        instances=instances or 2,
        wait_ready=True,
        health=Health(path="/health/ready"),
        alerts=Alerts(webhook="$CHORUS_ALERT_WEBHOOK" if settings.alert_webhook else None),
        listen_timeout=30.0,  # on a busy machine an import of the chat alone takes seconds
    )
