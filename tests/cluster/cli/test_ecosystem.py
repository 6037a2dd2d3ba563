"""ecosystem.toml is read, or every error names file, line, key, what was found and what is expected."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chorus.cluster.cli import pm2_file
from chorus.cluster.cli.ecosystem import found_in, read
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.toml_places import line_of

GOOD = """
[defaults]
restart_delay = "500ms"
env = { REGION = "eu" }

[[apps]]
name = "shop"
app = "shop.web:application"
port = 8000
instances = 4
env = { COLOUR = "blue" }
env_production = { COLOUR = "green" }

[apps.health]
path = "/well"

[[apps]]
name = "mailer"
command = ["sleep", "5"]
restart_delay = 2
"""


def written(folder: Path, text: str | bytes) -> str:
    """An ecosystem.toml in the folder."""
    path = folder / "ecosystem.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def errors(folder: Path, text: str | bytes) -> list[str]:
    """The lines of the error of a file, its folder left out."""
    with pytest.raises(CommandFailed) as caught:
        read(written(folder, text))
    return [line.replace(f"{folder}/", "") for line in (caught.value.message, *caught.value.detail)]


def test_the_applications_stand_in_the_order_of_the_file(tmp_path: Path):
    shop, mailer = read(written(tmp_path, GOOD))

    assert (shop.name, shop.app, shop.port, shop.instances) == ("shop", "shop.web:application", 8000, 4)
    assert shop.health is not None
    assert shop.health.path == "/well"
    assert (mailer.name, mailer.command) == ("mailer", ("sleep", "5"))


def test_defaults_lie_under_every_application(tmp_path: Path):
    """An application's own key wins; of tables, key by key."""
    shop, mailer = read(written(tmp_path, GOOD))

    assert (shop.restart_delay, mailer.restart_delay) == (0.5, 2.0)
    assert shop.env == {"REGION": "eu", "COLOUR": "blue"}
    assert mailer.env == {"REGION": "eu"}


def test_the_selected_environment_is_laid_over(tmp_path: Path):
    shop, _ = read(written(tmp_path, GOOD), environment="production")

    assert shop.variables == {"CHORUS_ENV": "production", "REGION": "eu", "COLOUR": "green"}


def test_paths_are_relative_to_the_folder_of_the_file(tmp_path: Path):
    shop, _ = read(written(tmp_path, GOOD))

    assert shop.cwd == str(tmp_path)


def test_a_wrong_value_is_named_with_its_line(tmp_path: Path):
    lines = errors(tmp_path, GOOD.replace("port = 8000", 'port = "many"'))

    assert lines == ['ecosystem.toml:9: apps[0].port: found "many", expected a whole number']


def test_all_errors_of_a_file_come_at_once(tmp_path: Path):
    lines = errors(tmp_path, GOOD.replace("instances = 4", "instancse = 4").replace('"/well"', "7"))

    assert [line.partition(": found")[0] for line in lines] == [
        "ecosystem.toml:10: apps[0].instancse",
        "ecosystem.toml:15: apps[0].health.path",
    ]
    assert lines[0].endswith('expected "instances"')


def test_an_error_that_came_from_the_defaults_points_there_once(tmp_path: Path):
    lines = errors(tmp_path, GOOD.replace('"500ms"', '"soon"').replace("restart_delay = 2", ""))

    assert {line.partition(": ")[0] for line in lines} == {"ecosystem.toml:3"}


def test_what_is_not_toml_is_named_with_line_and_column(tmp_path: Path):
    lines = errors(tmp_path, "[[apps]]\nname 'shop'\n")

    assert lines == ["ecosystem.toml:2:6: not TOML: Expected '=' after a key in a key/value pair"]


def test_a_byte_that_is_not_utf8_is_named_with_its_line(tmp_path: Path):
    assert errors(tmp_path, b"[[apps]]\nname = '\xff'\n") == [
        "ecosystem.toml:2: found a byte that is not UTF-8, expected text"
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(CommandFailed, match=r"nowhere\.toml: No such file or directory"):
        read(str(tmp_path / "nowhere.toml"))


def test_a_file_beyond_the_bound_is_not_parsed(tmp_path: Path):
    assert errors(tmp_path, b"#" * (1024 * 1024 + 1)) == [
        "ecosystem.toml: found more than 1048576 bytes, expected a file of applications"
    ]


def test_defaults_that_are_no_table_are_refused(tmp_path: Path):
    assert errors(tmp_path, "defaults = 3\n" + GOOD.replace("[defaults]", "[other]"))[0] == (
        "ecosystem.toml:1: defaults: found 3, expected a table"
    )


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("apps[0].name", 2),
        ("apps[0].env.A", 4),
        ("apps[1].script", 10),
        ("apps[1].health.path", 12),
        ("apps[1].missing", 9),
        ("apps[7]", None),
    ],
)
def test_the_line_of_a_key_is_found(key: str, line: int | None):
    """Strings over several lines hide nothing, and a key that is not there is its table's line."""
    first = '[[apps]]\nname = "a" # [x]\n[apps.env]\nA = """\nB = 3\n[[apps]]\n"""\n\n'
    text = first + '[[apps]]\n"script" = "b"\n[apps.health]\npath = "/"\n'

    assert line_of(text, key) == line


def test_a_script_that_is_not_there_is_named_with_its_line(tmp_path: Path):
    [told] = errors(tmp_path, '[[apps]]\nname = "job"\nscript = "./gone.py"\n')

    assert told == 'ecosystem.toml:3: apps[0].script: found "./gone.py", expected a file; there is no gone.py'


def test_an_empty_file_is_told_what_belongs_into_it(tmp_path: Path):
    [told] = errors(tmp_path, "")

    assert told == "ecosystem.toml: apps: found nothing, expected a table [[apps]] for each application"


def test_a_mistyped_table_is_named_with_its_line_and_the_right_word(tmp_path: Path):
    told = errors(tmp_path, '[default]\ncwd = "."\n\n[[apps]]\nname = "job"\ncommand = ["job"]\n')

    assert told == ['ecosystem.toml:1: default: found an unknown key, expected "defaults"']


def test_two_of_one_name_are_both_named_with_their_lines(tmp_path: Path):
    table = '[[apps]]\nname = "job"\ncommand = ["job"]\n'

    assert errors(tmp_path, table + table) == [
        'ecosystem.toml:5: apps[1].name: found "job", which line 2 says, too, expected a name of its own for each'
    ]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.symlink_to("nonesuch.toml"), "No such file or directory"),
        (Path.mkdir, "Is a directory"),
    ],
    ids=["a link to nothing", "a folder"],
)
def test_a_file_of_the_folder_that_cannot_be_read_is_not_passed_over(
    tmp_path: Path, make: Callable[[Path], None], why: str
):
    """Else `chorus start` would start something other than what the folder is there for."""
    make(tmp_path / "ecosystem.toml")
    (tmp_path / "ecosystem.json").touch()

    found = found_in(str(tmp_path))

    assert found == str(tmp_path / "ecosystem.toml")
    with pytest.raises(CommandFailed, match=why):
        read(found)


def test_a_user_and_a_group_that_are_not_there_are_named_with_their_lines(tmp_path: Path):
    text = '[[apps]]\nname = "a"\ncommand = ["sleep", "1"]\ngid = "nosuchgroup"\nuid = "nosuchuser"\n'

    assert errors(tmp_path, text) == [
        'ecosystem.toml:4: apps[0].gid: found "nosuchgroup", expected a group of this machine, by name or number',
        'ecosystem.toml:5: apps[0].uid: found "nosuchuser", expected a user of this machine, by name or number',
    ]


def test_errors_stand_in_the_order_of_the_lines(tmp_path: Path):
    text = '[[apps]]\nname = "a"\napp = "a:b"\nalerts = { restarts_within = "2h" }\nport = 70000\nlog_max_size = "0"\n'

    assert [line.split(":")[1] for line in errors(tmp_path, text)] == ["4", "5", "6"]


def test_a_mark_of_another_systems_editor_is_passed_over(tmp_path: Path):
    """A UTF-8 byte order mark, in front of TOML and of PM2's JSON."""
    (tmp_path / "ecosystem.json").write_bytes(b'\xef\xbb\xbf[{"script": "sleep 5", "name": "job"}]')

    assert [spec.name for spec in read(written(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()))] == ["shop", "mailer"]
    assert [spec.name for spec in read(str(tmp_path / "ecosystem.json"))] == ["job"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("= 8000", "= 8000\nport = 9000"), "10: apps[0].port: found a second time, expected once; line 9 has it"),
        (("restart_delay = 2", "name = 'x'"), "20: apps[1].name: found a second time, expected once; line 18 has it"),
        (("[apps.health]", "[apps.env]"), "14: apps[0].env: found a second time, expected once; line 11 has it"),
        (("[[apps]]", "[defaults]"), "6: defaults: found a second time, expected once; line 2 has it"),
        (('"blue" }', '"blue", COLOUR = 1 }'), "11:36: not TOML: Duplicate inline table key 'COLOUR'"),
    ],
)  # fmt: skip
def test_a_key_that_stands_there_twice_is_named_with_both_lines(tmp_path: Path, change: tuple[str, str], message: str):
    assert errors(tmp_path, GOOD.replace(*change)) == [f"ecosystem.toml:{message}"]


DOUBLED = "".join(f"k{n}: &k{n} [{','.join([f'*k{n - 1}'] * 9)}]\n" for n in range(1, 20))
MANY = f"k0: &k0 [x]\n{DOUBLED}apps:\n - {{script: sleep 9, args: *k19}}"
"""Twenty lines that stand for 9 to the 19th power of values."""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ecosystem.toml", "apps = " + "[" * 100_000),
        ("ecosystem.toml", "apps = " + "9" * 5000),
        ("ecosystem.json", "[" * 100_000),
        ("ecosystem.json", "[" + "9" * 5000 + "]"),
        ("ecosystem.yaml", "[" * 600),
        ("ecosystem.yaml", "apps: " + "9" * 5000),
        ("ecosystem.yaml", "apps: 2001-99-99"),
        ("ecosystem.yaml", MANY),
        ("ecosystem.yaml", "apps: &a [*a]"),
        ("ecosystem.yaml", "!!python/object/apply:os.system [id]"),
    ],
    ids=lambda value: value[:30],
)  # fmt: skip
def test_what_is_beyond_all_measure_is_an_error_of_the_file(tmp_path: Path, name: str, text: str):
    """Lists in lists, numbers of thousands of digits, a few lines that stand for a thousand million values."""
    (tmp_path / name).write_text(text)

    with pytest.raises(CommandFailed) as caught:
        read(str(tmp_path / name))

    assert name in caught.value.message
    assert len(caught.value.message) < 600


DOUBLINGS = "".join(f"k{n}: &k{n} [*k{n - 1}, *k{n - 1}]\n" for n in range(1, 25))


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("ecosystem.yaml", "apps:\n- script: sleep 9\n  env:\n    X: &a [*a]\n", ":4: apps[0].env.X: found a list"),
        (
            "ecosystem.yaml",
            f"k0: &k0 [x]\n{DOUBLINGS}apps:\n- script: sleep 9\n  env:\n    X: *k24\n",
            ":29: apps[0].env.X: found a list",
        ),
        (
            "ecosystem.json",
            '{"apps": [{"script": "sleep 9",\n"env": {\n"X": ["\\ud800"]}}]}',
            ":3: apps[0].env.X: found a list",
        ),
        (
            "ecosystem.json",
            f'{{"apps": [{{"script": "sleep 9", "env": {{"X": {"[" * 600}{"]" * 600}}}}}]}}',
            ": apps[0].env.X: found a list",
        ),
    ],
    ids=["endless", "doubled", "half", "deep"],
)  # fmt: skip
def test_a_variable_of_pm2s_that_has_no_text_is_refused_with_its_line(tmp_path: Path, name: str, text: str, place: str):
    (tmp_path / name).write_text(text)

    with pytest.raises(CommandFailed) as caught:
        read(str(tmp_path / name))

    assert caught.value.message == f"{tmp_path / name}{place}, expected a text, a number or a boolean"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            '"env": {"X": "\\ud800"}',
            "env.X: found a text with half a character in it, expected a text, a number or a boolean",
        ),
        ('"env": {"\\ud800": 1}', 'env: found "\ud800", expected a variable\'s name without ='),
        ('"args": ["\\ud800"]', "args: found ['\\ud800'], expected a text without half a character"),
        ('"namespace": "\\ud800"', 'namespace: found "\ud800", expected a text without half a character'),
    ],
    ids=["value", "name", "list", "text"],
)
def test_half_a_character_is_refused_with_its_line(tmp_path: Path, written: str, problem: str):
    path = tmp_path / "ecosystem.json"
    path.write_text(f'{{"apps": [{{"script": "sleep 9",\n{written}}}]}}')

    with pytest.raises(CommandFailed) as caught:
        read(str(path))

    assert caught.value.message == f"{path}:2: apps[0].{problem}"


def test_a_name_or_a_table_of_a_variable_may_have_words_for_keys(tmp_path: Path):
    path = tmp_path / "ecosystem.yaml"
    path.write_text("apps: [{script: sleep 9, env: {true: 1, ~: 2, X: {null: 1, true: .inf, 3.0: 3.0}}}]")

    assert read(str(path))[0].env == {"true": "1", "null": "2", "X": '{"null":1,"true":null,"3":3}'}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["true", "True", "TRUE", "!!bool true"], True),
        (["~", "null", "Null", "NULL"], None),
        (["10", "010", "+10", "0xA", "0o12", "0b1010", "+0b1010", "1e1", "10.", "!!int 10", "!!float 10"], 10),
        (["-.5", "+.5", "1_500", "1__0", "1_", "0B11", "0X1F", "0o8", "1e999", "9" * 400, "12:30:45"], str),
        (["yes", "no", "on", "off", "y", "n", "<<", "=", "tRUE", "nULL", "2026-11-27", "!!timestamp 2026-11-27"], str),
        ([".5", "5e-1", "0.5"], 0.5),
        ([".inf", "+.Inf", ".INF"], float("inf")),
    ],
    ids=["true", "nothing", "ten", "numbers elsewhere", "words", "half", "endless"],
)  # fmt: skip
def test_a_word_of_pm2s_yaml_is_what_js_yaml_takes_it_for_and_a_day_is_a_text(words: list[str], value: object):
    """`str`: the word as it stands there. A day is a Date to js-yaml."""
    found = pm2_file.load("x.yaml", "".join(f"- {word}\n" for word in words), "x.yaml")

    assert found == [word.removeprefix("!!timestamp ") if value is str else value for word in words]
    assert all(isinstance(each, bool) == isinstance(value, bool) for each in found)


@pytest.mark.parametrize("text", ["!!bool yes", "!!int 1_500", "!!float 12:30", "!!int x"])
def test_a_word_that_is_not_what_its_tag_says_is_refused_with_its_place(text: str):
    with pytest.raises(CommandFailed, match=r"^x\.yaml:2:4: not YAML: found no "):
        pm2_file.load("x.yaml", f"a: 1\nb: {text}", "x.yaml")
