"""What docs/bots.md shows, done as it is written. Row 16."""

import ast
import re
import time
from pathlib import Path

from chorus.chat.calling.signing import secret_of, signed_headers
from chorus.chat.domain.commands import BUILT_IN
from chorus.chat.domain.outgoing import WAITS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "bots.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_what_the_page_verifies_signatures_with_tells_ours_from_others():
    [code] = [each for each in PYTHON if "is_genuine" in each]
    known = {}
    exec(code, known)
    secret, body = secret_of(b"32 random bytes, more or less..."), b'{"type": "command"}'
    now = int(time.time())

    def genuine(at=now, sent=body, by=secret):
        return known["is_genuine"](signed_headers(by, id="7", timestamp=at, body=body), sent, secret)

    assert genuine()
    assert not genuine(at=now - 3600)
    assert not genuine(sent=body + b" ")
    assert not genuine(by=secret_of(b"32 other bytes, more or less...."))


def test_the_bot_of_the_page_is_the_one_of_the_examples():
    [code] = [each for each in PYTHON if "bot.run()" in each]
    example = (ROOT / "examples" / "greeter.py").read_text()

    def handlers(source):
        [found] = [node for node in ast.parse(source).body if isinstance(node, ast.AsyncFunctionDef)]
        return ast.unparse([node for node in found.body if not isinstance(node, ast.Expr)][-1])

    assert handlers(code) == handlers(example)


def test_the_page_names_what_is_built_in_and_the_waits():
    assert all(f"/{name}" in PAGE for name in BUILT_IN)
    assert "5 s, 30 s, 2 min, 10 min, 1 h, 3 h and 8 h" in PAGE
    assert WAITS == (5, 30, 120, 600, 3600, 10800, 28800)
