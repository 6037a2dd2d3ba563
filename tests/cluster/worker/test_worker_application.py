"""Finding the application, and saying in one line why there is none."""

import sys

import pytest

from chorus.cluster.worker.application import CannotLoad, load


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module of the application's and let it be found; gives its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(text, name="site_of_the_test"):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return name

    return write


def test_an_application_is_found_in_the_working_directory(module):
    name = module("class App:\n    async def __call__(self, scope, receive, send): ...\napp = App()")

    assert type(load(f"{name}:app")).__name__ == "App"


def test_what_else_is_in_the_working_directory_comes_behind_the_libraries(module, monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    module("raise SystemExit('not the library')", "colorsys")
    module("word = 'ours'", "part_of_the_test")
    name = module("import colorsys\nfrom part_of_the_test import word\nasync def app(scope, receive, send): ...")

    assert load(f"{name}:app").__globals__["word"] == "ours"


def test_the_package_that_is_named_is_the_one_in_the_working_directory(module, monkeypatch):
    module("async def app(scope, receive, send): ...", "this")  # the standard library has one, too
    monkeypatch.delitem(sys.modules, "this", raising=False)

    assert load("this:app").__name__ == "app"


def test_a_function_without_arguments_makes_the_application(module):
    name = module("async def app(scope, receive, send): ...\ndef create(): return app")

    assert load(f"{name}:create").__name__ == "app"


def test_an_application_that_takes_anything_is_not_called(module):
    name = module("async def app(*arguments): raise AssertionError")

    assert load(f"{name}:app").__name__ == "app"


@pytest.mark.parametrize(
    ("text", "attribute", "line"),
    [
        ("app = 3", "app", "site_of_the_test:app is neither an ASGI application nor a function"),
        ("", "app", "module site_of_the_test has no 'app'"),
        ("def create(): return 3", "create", r"site_of_the_test:create\(\) gave int, which is no ASGI application"),
        ("def create(): return {}['x']", "create", "calling site_of_the_test:create failed: KeyError: 'x'"),
        ("import no_such_thing", "app", "importing site_of_the_test failed: ModuleNotFoundError: No module named"),
        ("1 / 0", "app", "importing site_of_the_test failed: ZeroDivisionError: division by zero"),
        ("def (", "app", "importing site_of_the_test failed: .*SyntaxError"),
    ],
)
def test_why_there_is_no_application_is_one_line(module, text, attribute, line):
    name = module(text)

    with pytest.raises(CannotLoad, match=line) as refused:
        load(f"{name}:{attribute}")

    assert "\n" not in str(refused.value)


def test_the_place_in_the_applications_code_is_in_the_excerpt(module):
    name = module("def helper():\n    return 1 / 0\n\nhelper()")

    with pytest.raises(CannotLoad) as refused:
        load(f"{name}:app")

    assert "site_of_the_test.py" in refused.value.excerpt
    assert "return 1 / 0" in refused.value.excerpt
    assert refused.value.excerpt.count("\n") < 6


@pytest.mark.parametrize("target", ["", "module", ":app", "module:"])
def test_a_target_of_another_form_is_shown(target):
    with pytest.raises(CannotLoad, match=f"expected package.module:attribute, found '{target}'"):
        load(target)


def test_a_module_that_is_not_there_is_named_with_the_directory(module):
    module("")

    with pytest.raises(CannotLoad, match=r"there is no module 'not_there' \(working directory /.*\)"):
        load("not_there.deeper:app")
