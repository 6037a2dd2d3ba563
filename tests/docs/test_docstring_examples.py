"""The examples that pure modules open with call what the modules have, in the way they have it.

A statement that uses a name of the reader's own (`send`, `now`) or awaits is passed over, and so is what follows from
it; everything else is run.
"""

import ast
import importlib
import random
import re
import textwrap
from collections.abc import Iterator

import pytest

from test_architecture import PURE, modules, within

_BLOCK = re.compile(r"(?:^|\n\n)((?:    .*(?:\n|$)|\n)+)")
"""An indented block behind an empty line."""


def examples() -> Iterator[tuple[str, str]]:
    """Each pure module that has an example, with its code."""
    for name, path in modules().items():
        if not within(name, *PURE):
            continue
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        code = "\n".join(textwrap.dedent(block) for block in _BLOCK.findall(text))
        if _is_python(code):
            yield name, code


def run(name: str, code: str) -> int:
    """Run the statements one after another; how many were run."""
    names = {"random": random, **vars(importlib.import_module(name))}
    done = 0
    for statement in ast.parse(code).body:
        if any(isinstance(node, ast.Await) for node in ast.walk(statement)):
            continue
        try:
            exec(compile(ast.Module([statement], []), name, "exec"), names)
        except NameError:
            continue
        done += 1
    return done


def _is_python(code: str) -> bool:
    try:
        return bool(ast.parse(code).body)
    except SyntaxError:  # a table, a drawing, a line of a protocol
        return False


@pytest.mark.parametrize(("name", "code"), [pytest.param(*each, id=each[0]) for each in examples()])
def test_an_example_does_what_its_module_can(name: str, code: str):
    run(name, code)


def test_most_of_the_examples_are_run():
    """A pattern that finds nothing would make the rest hold for nothing."""
    assert sum(run(name, code) for name, code in examples()) > 50


def test_a_call_with_what_a_function_does_not_take_is_noticed():
    with pytest.raises(TypeError):
        run("chorus.realtime.outbox", "OutboxLimits(highest=3)")
