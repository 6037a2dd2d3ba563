"""What the environment says, read once into a frozen tree.

    settings = from_environment(os.environ)
    settings.redis.keep_alive        # 30.0: seconds, whatever the variable's own unit is
    settings.web.port                # 3000

Each variable is declared once, on the field it fills: its name, the older names it may also have, its unit, its default
and, where production differs, production's. `docs/settings.md` is written from these declarations (`page.py`).
An empty value counts as no value, so `REDIS_PASSWORD=` is no password. Nothing is read from files.

A file for each group of them.
"""

from chorus.entry.settings.reading import from_environment
from chorus.entry.settings.redis import Redis
from chorus.entry.settings.tree import Declared, Settings, Stage, declarations
from chorus.entry.settings.variables import Problem, SettingsError
from chorus.entry.settings.web import Web

__all__ = [
    "Declared",
    "Problem",
    "Redis",
    "Settings",
    "SettingsError",
    "Stage",
    "Web",
    "declarations",
    "from_environment",
]
