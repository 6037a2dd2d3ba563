"""Reading the applications of a document."""

import contextlib
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.restarts import RestartPolicy
from chorus.cluster.spec import ApplicationSpec, Health
from chorus.cluster.spec.problems import SpecError
from chorus.cluster.spec.reading import parse


def read(table, **more):
    """One application from a table, with a name and an app where the test gives none."""
    program = {} if table.keys() & {"command", "script"} else {"app": "shop.web:application"}
    table = {"name": "web", **program, **table}
    return parse({"applications": [table]}, source="ecosystem.toml", directory="/srv/shop", **more)[0]


def problems(document):
    with pytest.raises(SpecError) as caught:
        parse(document, source="ecosystem.toml", directory="/srv/shop")
    return [str(problem) for problem in caught.value.problems]


def problem_of(table):
    [only] = problems({"applications": [{"name": "web", "app": "shop.web:application", **table}]})
    return only


def test_the_defaults_are_the_operators():
    spec = read({})

    assert spec.restart_policy == RestartPolicy(intensity=5, period=3600.0, delay=4.0, min_uptime=10.0)
    assert (spec.kill_timeout, spec.max_memory_restart) == (10.0, 1024**3)
    assert (spec.out_file, spec.error_file, spec.combined_file) == (
        "./logs/out.log",
        "./logs/err.log",
        "./logs/combined.log",
    )


def test_each_option_of_restarts_is_a_part_of_their_policy():
    table = {
        "max_restarts": 1, "restart_window": 2, "restart_delay": 3, "restart_backoff": 4, "longest_restart_delay": 5,
        "min_uptime": 6,
    }  # fmt: skip

    assert read(table).restart_policy == RestartPolicy(
        intensity=1, period=2.0, delay=3.0, backoff=4.0, longest_delay=5.0, min_uptime=6.0
    )


def test_a_health_table_has_the_operators_grace():
    assert read({"health": {}}).health.grace == 3.0


@pytest.mark.parametrize(
    ("written", "seconds"), [(3, 3.0), (0.5, 0.5), ("500ms", 0.5), ("10s", 10.0), ("5m", 300.0), ("1h", 3600.0)]
)
def test_a_duration_is_seconds_or_has_a_unit(written, seconds):
    assert read({"kill_timeout": written}).kill_timeout == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("written", "size"), [(1024, 1024), ("512M", 512 * 1024**2), ("1G", 1024**3), ("1.5GB", 1536 * 1024**2)]
)
def test_a_size_is_bytes_or_has_a_unit(written, size):
    assert read({"max_memory_restart": written}).max_memory_restart == size


def test_paths_are_relative_to_the_documents_folder():
    spec = read({"cwd": "app"})

    assert spec.cwd == "/srv/shop/app"
    assert spec.resolve("./logs/out.log") == "/srv/shop/app/logs/out.log"


def test_the_selected_environment_is_laid_over_env():
    table = {"env": {"A": "1", "B": 2}, "env_production": {"B": True}, "env_staging": {"A": "no"}}

    assert read(table).variables == {"A": "1", "B": "2"}
    assert read(table, environment="production").variables == {"CHORUS_ENV": "production", "A": "1", "B": "true"}


@pytest.mark.parametrize(("written", "instances"), [("max", 4), (0, 4), (-1, 3), (-9, 1), (3, 3)])
def test_instances_may_be_said_in_processors(written, instances):
    assert read({"instances": written}, processors=4).instances == instances


def test_a_number_of_instances_that_leaves_none_is_one_and_that_is_said():
    said = []
    document = {"apps": [{"name": "a", "command": ["true"], "instances": -9}]}

    [spec] = parse(document, source="x.toml", directory="/", processors=4, warn=said.append)

    assert spec.instances == 1
    assert said == ["x.toml: apps[0].instances: found -9, and 4 processors on this machine; 1 instance it is"]


def test_increments_of_a_shared_port_are_refused():
    told = problem_of({"port": 80, "increment_var": "PORT", "env": {"PORT": 80}})

    assert "all instances share the socket" in told


def test_the_shells_variables_lie_under_all_others():
    spec = msgspec.structs.replace(read({"env": {"A": "1"}}), inherited={"A": "0", "B": "2"})

    assert spec.variables == {"A": "1", "B": "2"}


def test_an_instance_has_its_number_its_port_and_a_variable_that_is_counted_up():
    """Row 36; where `env` says another PORT than that of the socket, that is the program's affair."""
    counted = read({"env": {"PORT": 3000}, "increment_var": "PORT", "instance_var": "MINE"}).variables_of(2)
    shared, own = read({"port": 80}).variables_of(1), read({"port": 80, "env": {"PORT": 81}}).variables_of(1)

    assert counted == {"PORT": "3002", "CHORUS_INSTANCE_ID": "2", "MINE": "2", "PM2_INSTANCE_ID": "2"}
    assert (shared["PORT"], own["PORT"], own["NODE_APP_INSTANCE"]) == ("80", "81", "1")


def test_apps_is_another_name_of_applications():
    assert parse({"apps": [{"name": "a", "script": "a.py"}]}, source="x", directory="/")[0].script == "a.py"


def test_all_problems_of_a_document_are_told_at_once():
    document = {"applications": [{"name": "web", "app": "shop.web", "port": 70000}, {"name": "9", "command": []}, 4]}

    assert problems(document) == [
        "applications[2]: found 4, expected a table",
        'applications[0].app: found "shop.web", expected "package.module:attribute"',
        "applications[0].port: found 70000, expected a whole number <= 65535",
        'applications[1].name: found "9", expected a letter, then up to 31 of A-Z a-z 0-9 . _ -',
        'applications[1]: found none, expected exactly one of "app", "command", "script"',
    ]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"kill_timeout": "5 years"}, 'found "5 years", expected seconds, or a duration such as "500ms"'),
        ({"kill_timeout": -1}, "found -1, expected a number >= 0"),
        ({"max_memory_restart": "much"}, 'found "much", expected bytes, or a size such as "512M", "1G"'),
        ({"instances": 129}, "found 129, expected a whole number <= 128"),
        ({"cron_restart": "at noon"}, 'found "at noon", expected five fields as crontab has them'),
        ({"cron_restart": "61 * * * *"}, "(wrong: minute)"),
        ({"cron_restart": "0 0 30 2 *"}, "(wrong: day-of-month)"),
        ({"increment_var": "PORT"}, 'found "PORT", expected a variable that env gives a whole number'),
        ({"increment_var": "N", "env": {"N": "x"}}, "expected a variable whose value is a whole number"),
        ({"instance_var": "9"}, 'found "9", expected the name of a variable'),
        ({"inherited": {}}, "found an unknown key"),
        ({"instances": True}, "found true, expected a whole number"),
        ({"port": "80"}, 'found "80", expected a whole number'),
        ({"stop_signal": "SIGNAL"}, 'found "SIGNAL", expected SIGTERM, SIGINT,'),
        ({"max_restart": 3}, 'applications[0].max_restart: found an unknown key, expected "max_restarts"'),
        ({"health": {"pth": "/"}}, 'applications[0].health.pth: found an unknown key, expected "path"'),
        ({"health": {"path": "up"}}, 'found "up", expected a path that starts with /'),
        ({"stop_exit_codes": [300]}, "found [300], expected a whole number <= 255"),
        ({"out_file": ""}, 'found "", expected the path of a file; /dev/null keeps nothing'),
        ({"log_max_size": "0"}, 'found "0", expected a whole number >= 1'),
        ({"alerts": {"restarts_within": "2h"}}, "found 7200 seconds, expected at most 3600, as restart_window says"),
        ({"script": "a.py"}, "found app and script, expected exactly one of"),
        ({"name": "all"}, "expected another name; this word means every application"),
        ({"env": {"A=B": "1"}}, "expected a variable's name without ="),
        ({"env": ["A"]}, "expected a table of variables"),
    ],
)
def test_a_problem_names_the_key_what_was_found_and_what_is_expected(table, problem):
    told = problem_of(table)

    assert told.startswith("applications[0]")
    assert problem in told


def test_an_alert_counts_restarts_as_long_as_they_are_known():
    longer = read({"restart_window": "3h", "alerts": {"restarts_within": "2h"}})
    shorter = read({"restart_window": "1m", "alerts": {"memory_for": 5}})

    assert (longer.alerts.restarts_within, shorter.alerts.restarts_within) == (7200.0, 600.0)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (["hunter2"], "a list"),
        ({"hunter2": 1}, "a table"),
        (None, "nothing"),
        ("hunter2\0", "a text with NUL in it"),
        (date(2026, 11, 27), "a date or time"),
    ],
)
def test_the_value_of_a_broken_variable_is_not_told_but_what_it_is(value, kind):
    problem = problem_of({"env": {"PASSWORD": value}})

    assert problem.endswith(f".env.PASSWORD: found {kind}, expected a text, a number or a boolean")


def test_two_applications_of_one_name_are_refused():
    table = {"name": "web", "app": "a:b"}

    assert problems({"applications": [table, table]}) == [
        'applications[1].name: found "web", which applications[0].name says, too, expected a name of its own for each'
    ]


@pytest.mark.parametrize("document", [{}, {"applications": []}, {"applications": {}}, {"applications": "web"}])
def test_a_document_without_applications_is_refused(document):
    assert "for each application" in problems(document)[0]


def test_how_a_program_is_asked_is_said_in_one_way():
    """It has no private socket that could be asked for a path."""
    table = {"name": "a", "command": ["a"], "health": {}}
    [told] = problems({"applications": [table]})

    assert 'expected "url", "connect" or "command": how a program is asked' in told
    both = {"connect": 1, "command": ["./check"]}
    assert "connect and command, expected at most one" in problems({"apps": [{**table, "health": both}]})[0]
    assert "health.url: found" in problems({"apps": [{**table, "health": {"url": "ftp://x"}}]})[0]
    nobody = {"url": "http://127.0.0.1/", "ask": "PING"}
    assert (
        'health.ask: found what is told to nobody, expected "connect"'
        in problems({"apps": [{**table, "health": nobody}]})[0]
    )
    with pytest.raises(ValueError, match=r"expected health\.connect beside it"):
        ApplicationSpec(name="a", command=("a",), cwd="/", health=Health(command=("check",), ask="PING"))
    for target in (6379, "run/a.sock"):
        [spec] = parse({"apps": [{**table, "health": {"connect": target}}]}, source="f", directory="/")
        assert spec.health is not None
        assert spec.health.connect == target


def test_more_instances_than_can_run_beside_each_other_are_refused():
    [told] = problems({"apps": [{"name": "a", "command": ["a"], "instances": 2, "max_instances": 1}]})

    assert told == "apps[0].instances: found 2, expected at most 1, as max_instances says"


def test_what_a_document_has_is_said_in_its_own_words():
    assert problems({}) == ["apps: found nothing, expected a table [[apps]] for each application"]
    assert 'default: found an unknown key, expected "defaults"' in problems({"default": {}})


def test_a_specification_made_by_a_program_is_held_to_the_same():
    with pytest.raises(ValueError, match="exactly one of app, command, script"):
        ApplicationSpec(name="web")


def test_old_and_new_live_side_by_side_where_they_share_a_socket():
    assert read({}).overlaps
    assert read({"command": ["server"], "port": 80}).overlaps
    assert not read({"command": ["server"]}).overlaps
    assert read({"command": ["server"], "overlap": True}).overlaps


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([field.name for field in msgspec.structs.fields(ApplicationSpec)]) | st.text(max_size=8)


@pytest.mark.parametrize("key", ["uid", "gid"])
@pytest.mark.parametrize("program", [{}, {"command": ["shop"], "app": None, "wait_ready": True}])
def test_another_user_is_for_programs_that_do_not_say_that_they_are_ready(key, program):
    """They would have to reach a socket in CHORUS_HOME, which is its owner's alone."""
    table = {"name": "web", "app": "shop.web:application", **program, key: "nobody"}
    if table["app"] is None:
        del table["app"]

    [told] = problems({"applications": [table]})

    assert told.startswith(f'applications[0].{key}: found "nobody" for what says that it is ready')
    assert read({"command": ["shop"], key: "nobody"})


def test_a_specification_made_directly_is_held_to_it_too():
    with pytest.raises(ValueError, match="uid and gid"):
        ApplicationSpec(name="web", app="shop.web:application", uid="nobody")


@given(st.dictionaries(KEYS, JSON, max_size=6) | JSON)
def test_no_table_ever_brings_anything_but_a_specification_or_its_problems(table):
    with contextlib.suppress(SpecError):
        [spec] = parse({"applications": [table]}, source="x", directory="/")
        assert spec.name == table["name"]


def test_a_specification_survives_the_wire():
    spec = read({"health": {"path": "/up"}, "env": {"A": "1"}, "args": ["-v"]})

    assert msgspec.json.decode(msgspec.json.encode(spec), type=ApplicationSpec) == spec


def test_instances_that_do_not_merge_their_logs_share_the_device_that_keeps_nothing():
    spec = read({"out_file": "/dev/null", "merge_logs": False})

    assert (spec.log_path("/dev/null", 1), spec.log_path("/x/out.log", 1)) == ("/dev/null", "/x/out-1.log")


@pytest.mark.parametrize(
    "options",
    [
        {"health": {"connect": "99999"}}, {"health": {"connect": "0"}}, {"health": {"connect": 0}},
        {"health": {"url": "http://127.0.0.1:99999/"}}, {"health": {"url": "http:///well"}},
        {"health": {"url": "http://[::1/"}}, {"alerts": {"webhook": "https://hooks.example:0/"}},
        {"host": "not a host"}, {"host": "shop.example"}, {"host": "[::1]"}, {"host": "999.1.1.1"}, {"host": ""},
        {"namespace": "all"},
        {"args": ["a\0b"]}, {"cwd": "/srv\0"}, {"restart_delay": "9" * 400}, {"max_memory_restart": "9" * 400 + "G"},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_work_is_one_problem_of_its_key(options):
    [key] = options
    inner = "".join(f".{name}" for name in options[key]) if isinstance(options[key], dict) else ""

    [told] = problems({"applications": [{"name": "web", "app": "shop.web:application", **options}]})

    assert told.startswith(f"applications[0].{key}{inner}: found ")


@pytest.mark.parametrize(
    "options",
    [
        {"health": {"connect": "8080"}}, {"health": {"connect": "$PORT"}}, {"health": {"connect": "./8080.sock"}},
        {"health": {"url": "http://$HOST:${PORT}/"}}, {"health": {"url": "http://[::1]:80/"}},
        {"alerts": {"webhook": "$HOOK"}}, {"host": "::"}, {"host": "localhost"}, {"host": "0.0.0.0"},
    ],
    ids=str,
)  # fmt: skip
def test_what_can_work_is_taken(options):
    assert read(options)
