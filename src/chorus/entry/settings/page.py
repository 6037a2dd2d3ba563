"""docs/settings.md, written from the declarations: `python -m chorus.entry.settings.page > docs/settings.md`."""

import sys
from enum import Enum

from chorus.entry.settings.tree import Declared, declarations
from chorus.entry.settings.variables import Special

_BEGIN = """# Settings

Chorus is configured by environment variables. Nothing needs to be set: in development every one of them has a default
that works. A wrong value prevents the start, and all wrong values are named at once. An empty value counts as not set.

This page is generated from `src/chorus/entry/settings/` by `python -m chorus.entry.settings.page`; do not edit it.
"""


def page() -> str:
    """The whole page."""
    parts = [_BEGIN]
    group: type | None = None
    for declared in declarations():
        if declared.group is not group:
            group = declared.group
            parts += [
                f"\n## {_title(declared)}\n",
                "| Variable | Default | In production | What it is |",
                "| --- | --- | --- | --- |",
            ]
        parts.append(_row(declared))
    return "\n".join(parts) + "\n"


def _title(declared: Declared) -> str:
    return {"Settings": "General"}.get(declared.group.__name__, declared.group.__name__)


def _row(declared: Declared) -> str:
    variable = declared.variable
    names = "<br>".join([f"`{variable.name}`", *(f"or `{name}`" for name in variable.also)])
    production = variable.production
    shown = production.value if isinstance(production, Special) else _shown(declared, production)
    about = [variable.doc, f"Expected: {variable.kind.expected}."]
    about += ["Secret."] if variable.secret else []
    return f"| {names} | {_shown(declared, declared.default)} | {shown} | {' '.join(about)} |"


def _shown(declared: Declared, value: object) -> str:
    text = declared.variable.kind.show(value.value if isinstance(value, Enum) else value)
    text = text.replace("{home}", "$CHORUS_HOME")
    return f"`{text}`{f' {declared.variable.kind.unit}' if declared.variable.kind.unit else ''}" if text else "none"


if __name__ == "__main__":
    sys.stdout.write(page())
