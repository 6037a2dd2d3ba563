"""PM2's ecosystem files in our words. Row 38."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.spec import ApplicationSpec
from chorus.cluster.spec.pm2 import ALIASES, MEANINGLESS, translate
from chorus.cluster.spec.problems import SpecError
from chorus.cluster.spec.reading import parse


def one(table, *, environment=None, bridge="/bridge.cjs"):
    document, _ = translate([table], environment=environment, bridge=bridge)
    [spec] = parse(document, source="x", directory="/srv", environment=environment, processors=4)
    return spec


def notes(document):
    return translate(document)[1].lines("x.json")


def test_a_key_that_nobody_knows_is_named_with_what_was_probably_meant_and_left_out():
    """A file that PM2 takes is taken: to be started, and to be deleted."""
    document = {"apps": [{"script": "a.js", "instancse": 4, "colour": "red"}]}

    assert one(document["apps"][0]).instances == 1
    assert notes(document) == ["x.json: unknown, left out: colour, instancse (did you mean instances?)"]


def test_a_mode_that_nobody_knows_is_named_with_those_that_there_are():
    document = {"apps": [{"script": "a.js", "exec_mode": "clustr"}, {"script": "b.js", "exec_mode": "fork_mode"}]}

    assert notes(document) == ["x.json: exec_mode: found clustr, expected cluster or fork; left out"]


@pytest.mark.parametrize("written", [[{"script": "a.js"}], {"script": "a.js"}])
def test_applications_may_stand_under_pm2(written):
    document, _ = translate({"pm2": written})

    assert [application["name"] for application in document["apps"]] == ["a"]
    assert notes({"pm2": written}) == []


@pytest.mark.parametrize(
    ("env", "host"),
    [
        ({}, "0.0.0.0"),
        ({"HOST": "127.0.0.1"}, "127.0.0.1"),
        ({"HOST": "::1"}, "::1"),
        ({"HOST": "localhost"}, "localhost"),
        ({"HOST": "shop.example"}, "0.0.0.0"),
    ],
)
def test_the_socket_of_a_cluster_is_bound_to_the_host_of_its_variables(env, host):
    """A name has to be looked up, which nobody does before the program runs."""
    assert one({"script": "a.js", "exec_mode": "cluster", "env": {"PORT": 80, **env}}).host == host


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        ({"killTimeout": 3000}, "kill_timeout", 3.0),
        ({"kill_timeout": "3000"}, "kill_timeout", 3.0),
        ({"minUptime": "5s"}, "min_uptime", 5.0),
        ({"restart_delay": 250}, "restart_delay", 0.25),
        ({"instances": "max"}, "instances", 4),
        ({"instances": "-1"}, "instances", 3),
        ({"args": "--port 80 'a b'"}, "args", ("--port", "80", "a b")),
        ({"nodeArgs": "--inspect"}, "interpreter_args", ("--inspect",)),
        ({"exec_interpreter": "bash"}, "interpreter", "bash"),
        ({"out": "o.log"}, "out_file", "o.log"),
        ({"errLog": "e.log"}, "error_file", "e.log"),
        ({"log": "/dev/null"}, "combined_file", None),
        ({"disable_logs": True}, "out_file", None),
        ({"combine_logs": False}, "merge_logs", False),
        ({"time": False}, "timestamps", False),
        ({"cron": "0 3 * * *"}, "cron_restart", "0 3 * * *"),
        ({"cron_restart": "0"}, "cron_restart", None),
        ({"watch": "src"}, "watch", ("src",)),
        ({"stop_exit_codes": 42}, "stop_exit_codes", (42,)),
        ({"filter_env": "AWS_"}, "filter_env", ("AWS_",)),
        ({"args": 100}, "args", ("100",)),
        ({"user": "www"}, "uid", "www"),
        ({"autorestart": False}, "autorestart", False),
        ({"max_memory_restart": "300M"}, "max_memory_restart", 300 * 1024**2),
        ({}, "stop_signal", "SIGINT"),
        ({}, "max_restarts", 5),
    ],
)
def test_an_option_means_here_what_it_means_there(written, name, value):
    """Row 38: camelCase, aliases, milliseconds, one value for a list; what is left out is our default."""
    assert getattr(one({"name": "a", "script": "a.js", **written}), name) == value


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ({"script": "./src/api.js"}, "api"),
        ({"script": "./bin/serve.sh", "interpreter": "none"}, "serve"),
        ({"script": "./bin/tool", "interpreter": "none"}, "tool"),
        ({"script": "python worker.py"}, "python"),
        ({"script": f"./{'x' * 40}.js"}, "x" * 32),
    ],
)
def test_an_application_is_named_after_its_script(written, name):
    """Without its ending, and cut where it is longer than a name can be."""
    assert one(written).name == name


@pytest.mark.parametrize(
    ("written", "port"),
    [({"instances": 2}, 80), ({"instances": "max"}, 80), ({"instances": 1}, None), ({}, None),
     ({"instances": 2, "exec_mode": "fork"}, None), ({"instances": 2, "interpreter": "python3"}, None)],
)  # fmt: skip
def test_several_instances_of_a_node_program_are_a_cluster_unless_the_file_says_otherwise(written, port):
    assert one({"script": "a.js", "env": {"PORT": 80}, **written}).port == port


def test_a_name_that_cannot_be_here_is_changed_and_said():
    assert one({"name": "limit worker", "script": "a.js"}).name == "limit-worker"
    assert notes([{"name": "9 lives", "script": "a.js"}]) == [
        'x.json: called differently here: "9 lives" is app-9-lives'
    ]


@pytest.mark.parametrize(
    ("written", "command"),
    [
        ({"script": "npm", "args": "run start"}, ("npm",)),
        ({"script": "serve -l 80"}, ("serve", "-l", "80")),
        ({"script": "./bin/tool", "interpreter": "none"}, ("./bin/tool",)),
        ({"command": "serve -l 80"}, ("serve", "-l", "80")),
        ({"cmd": "npm start"}, ("npm", "start")),
        ({"script": "sleep 1 && npm start"}, ("sh", "-c", "sleep 1 && npm start")),
        ({"script": "PORT=80 npm start"}, ("sh", "-c", "PORT=80 npm start")),
    ],
)
def test_a_bare_word_is_a_program(written, command):
    assert one({"name": "a", **written}).command == command


def test_keys_without_a_meaning_are_named_in_one_line():
    """Row 38: keys that mean nothing here are named in one warning."""
    document = {
        "apps": [{"script": "a.js", "vizion": False}, {"script": "b.js", "pmx": True, "vizion": 1}],
        "deploy": {},
    }

    assert notes(document) == ["x.json: without a meaning here, left out: deploy, pmx, vizion"]


def test_a_port_is_a_variable_in_fork_mode():
    spec = one({"script": "a.js", "port": 3000, "exec_mode": "fork"})

    assert (spec.port, spec.env) == (None, {"PORT": "3000"})


def test_a_node_program_in_cluster_mode_shares_its_port():
    """It is ready when it listens; old and new overlap in a reload."""
    spec = one({"script": "a.js", "exec_mode": "cluster", "env": {"PORT": 3000}})

    assert (spec.port, spec.host, spec.wait_ready, spec.overlaps) == (3000, "0.0.0.0", True, True)
    assert spec.interpreter_args == ("--require", "/bridge.cjs")


def test_the_port_of_the_selected_environment_counts():
    table = {"script": "a.js", "exec_mode": "cluster", "env": {"PORT": 3000}, "env_production": {"PORT": 80}}

    assert one(table, environment="production").port == 80


def test_instances_that_count_their_port_up_share_none():
    table = {"script": "a.js", "exec_mode": "cluster", "increment_var": "PORT", "env": {"PORT": 3000}}

    assert one(table).port is None


def test_wait_ready_is_said_by_process_send():
    spec = one({"script": "a.js", "wait_ready": True})

    assert spec.env["CHORUS_READY"] == "send"
    assert "--require" in spec.interpreter_args


def test_a_python_in_cluster_mode_gets_no_bridge_of_nodes():
    spec = one({"script": "a.py", "exec_mode": "cluster"})

    assert (spec.interpreter_args, spec.port) == ((), None)


def test_exponential_back_off_is_translated():
    """Row 26: from the given delay, half as long again each time, up to 15 s."""
    spec = one({"script": "a.js", "exp_backoff_restart_delay": 100})

    assert (spec.restart_delay, spec.restart_backoff, spec.longest_restart_delay) == (0.1, 1.5, 15.0)


def test_variables_and_arguments_that_are_no_texts_are_written_as_under_pm2():
    """Tables, lists and nothing as JSON; numbers and truths as JavaScript writes them."""
    env = {"TABLE": {"a": [1, "b"]}, "LIST": [1, 2], "NOTHING": None, "ON": True, "ONE": 1.0, "PART": 0.5, 7: "seven"}
    spec = one({"script": "a.js", "env": env, "env_production": {"TABLE": {}}, "args": ["--port", 3000, True, 1.0]})

    assert spec.env == {
        "TABLE": '{"a":[1,"b"]}', "LIST": "[1,2]", "NOTHING": "null", "ON": "true", "ONE": "1", "PART": "0.5",
        "7": "seven",
    }  # fmt: skip
    assert spec.environments == {"production": {"TABLE": "{}"}}
    assert spec.args == ("--port", "3000", "true", "1")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e-7, "1e-7"), (-1.5e-9, "-1.5e-9"), (0.000001, "0.000001"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
        (1.5e300, "1.5e+300"), (123456.789, "123456.789"), (0.5, "0.5"), (-0.0, "0"), (100.0, "100"),
        (12345678901234567890, "12345678901234567000"), (10**400, "Infinity"), (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"), (float("nan"), "NaN"),
    ],
    ids=lambda value: str(value)[:24],
)  # fmt: skip
def test_a_number_is_written_as_javascript_writes_it(number, text):
    """Of a table, too; there what is no number to JSON is nothing."""
    spec = one({"script": "a.js", "env": {"X": number, "TABLE": {"a": [number]}}, "args": [number]})

    nested = "null" if text.endswith(("Infinity", "NaN")) else text
    assert (spec.env["X"], spec.args, spec.env["TABLE"]) == (text, (text,), f'{{"a":[{nested}]}}')


def test_a_name_that_is_no_text_is_the_one_that_javascript_gives_it():
    names = {True: 1, None: 2, 3.0: 3}
    spec = one({"script": "a.js", "port": 80.0, "env": {**names, "TABLE": names}})

    assert spec.env == {
        "true": "1", "null": "2", "3": "3", "TABLE": '{"true":1,"null":2,"3":3}', "PORT": "80",
    }  # fmt: skip


def endless():
    entries = []
    entries.append(entries)
    return entries


def doubled():
    """Twenty-four doublings of a list."""
    entries = ["x"]
    for _ in range(24):
        entries = [entries, entries]
    return entries


@pytest.mark.parametrize(
    "value",
    [endless(), doubled(), ["\ud800"], {b"x": 1}, [b"x"], [["x" * 600_000] * 2]],
    ids=["endless", "doubled", "half", "key", "bytes", "long"],
)
def test_a_variable_that_cannot_be_written_is_refused_with_its_place(value):
    with pytest.raises(
        SpecError, match=r"apps\[0\]\.env\.X: found a (table|list), expected a text, a number or a boolean"
    ):
        one({"script": "a.js", "env": {"X": value}})


def test_what_all_variables_of_a_document_have_together_is_bounded():
    """A few lines of YAML name the same table a thousand times."""
    table = {"script": "a.js", "env": {f"X{n}": ["x" * 100_000] for n in range(1000)}}

    document, _ = translate([table])

    with pytest.raises(SpecError) as caught:
        parse(document, source="x", directory="/")
    assert [problem.key for problem in caught.value.problems] == ["apps[0].env.X10"]
    assert sum(len(value) for value in document["apps"][0]["env"].values() if isinstance(value, str)) < 1_100_000


@pytest.mark.parametrize("key", ["exec_mode", "interpreter", "script", "name", "name_prefix", "port", "HOST", "PORT"])
def test_a_value_that_stands_for_more_than_there_is_memory_is_looked_at_no_further(key):
    """Whether it is refused or left out, nobody writes it as a text."""
    env = {"env": {"PORT": 80, key: doubled()}} if key.isupper() else {}
    table = {"name": "a", "script": "a.js", "exec_mode": "cluster", **env, **({} if env else {key: doubled()})}

    with contextlib.suppress(SpecError):
        document, notes = translate([table])
        assert sum(map(len, notes.lines("x"))) < 500
        parse(document, source="x", directory="/")


@pytest.mark.parametrize("value", [10**400, "9" * 400, "9" * 5000], ids=["number", "text", "longer"])
def test_a_time_beyond_all_measure_is_refused(value):
    with pytest.raises(SpecError, match="kill_timeout"):
        one({"script": "a.js", "kill_timeout": value})


def test_a_document_of_too_many_applications_is_refused_before_any_is_read():
    shared = {"script": "a.js", "env": {"X": [1]}}
    document, _ = translate([shared] * 129)

    assert document["apps"][0] is shared
    with pytest.raises(SpecError, match="129 applications, expected at most 128"):
        parse(document, source="x", directory="/")


@pytest.mark.parametrize("key", ["environment", "envFile", "env2", 3])
def test_a_key_that_only_begins_like_env_is_unknown_like_any_other(key):
    document, notes = translate([{"script": "a.js", key: "x", "env": {"A": "1"}, "env_production": {"B": "2"}}])
    [spec] = parse(document, source="x", directory="/srv", environment="production", processors=4)

    assert notes.unknown == {str(key)}
    assert (spec.env, spec.environments) == ({"A": "1"}, {"production": {"B": "2"}})


@pytest.mark.parametrize("document", [None, 3, "apps", {"apps": 3}, {"apps": [3]}, [], {}])
def test_what_is_no_list_of_applications_is_left_for_parse_to_refuse(document):
    translated, _ = translate(document)

    with pytest.raises(ValueError, match="expected"):
        parse(translated, source="x", directory="/")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just("a 'b"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [*ALIASES, *MEANINGLESS, *(field.name for field in msgspec.structs.fields(ApplicationSpec)), "exec_mode", "time"]
)


@given(st.dictionaries(KEYS | st.text(max_size=6), JSON, max_size=6) | JSON)
def test_no_document_ever_brings_anything_but_a_specification_or_its_problems(entry):
    """Row 37: whatever a file says, an error names what is wrong with it."""
    with contextlib.suppress(SpecError):
        document, notes = translate({"apps": [entry]}, environment="production", bridge="/bridge.cjs")
        parse(document, source="x", directory="/", environment="production")
        notes.lines("x")
