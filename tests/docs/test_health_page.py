"""The answers shown in docs/health.md are those that instances give."""

import json
import re
from pathlib import Path

import msgspec

from chorus.ops.health import Report
from chorus.ops.routes import Liveness

PAGE = (Path(__file__).parents[2] / "docs" / "health.md").read_text()


def shown(path):
    """The answer under the command that asks for this path."""
    [answer] = re.findall(rf"^\$ curl -s \S*{path}\n(.*)$", PAGE, flags=re.MULTILINE)
    return json.loads(answer)


def test_the_answer_of_live_is_one():
    assert set(shown("/health/live")) == set(Liveness.__struct_fields__)


def test_the_answer_of_ready_is_one():
    report = msgspec.convert(shown("/health/ready"), Report)

    assert msgspec.to_builtins(report) == shown("/health/ready")
