"""What an apply changes."""

from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.changes import Known, Step, compare, compare_cluster, differences, in_order, is_managers_own
from chorus.cluster.manager import launch
from chorus.cluster.manager.records import InstanceRecord
from chorus.cluster.spec import Alerts, ApplicationSpec, ClusterSpec, Health
from chorus.cluster.spec.address import Address, meet
from chorus.cluster.spec.application import SET_BY_COMMAND

OLD = ApplicationSpec(
    name="shop", app="shop.web:application", cwd="/srv", port=80, env={"A": "1"}, source="/srv/e.toml"
)


def but(**changes):
    return msgspec.structs.replace(OLD, **changes)


def step(new, *, instances=1, runs=True):
    [only] = compare({"shop": Known(OLD, instances, runs)}, [new], source="/srv/e.toml", prune=False)
    return only


def test_the_same_is_left_alone():
    assert step(OLD) == Step("shop", "none", [])


def test_a_new_application_is_started():
    assert compare({}, [OLD], source="", prune=False) == [Step("shop", "start", ["new"])]


def test_a_stopped_one_is_started():
    assert step(OLD, runs=False) == Step("shop", "start", ["stopped"])
    assert step(but(kill_timeout=3.0), runs=False).reasons == ["stopped", "kill_timeout: 10.0 -> 3.0"]


def test_a_changed_option_is_a_reload_and_told_with_both_values():
    assert step(but(kill_timeout=30.0)) == Step("shop", "reload", ["kill_timeout: 10.0 -> 30.0"])


@pytest.mark.parametrize(
    ("other", "told"), [({"port": 81}, "port: 80 -> 81"), ({"host": "::1"}, 'host: "127.0.0.1" -> "::1"')]
)
def test_another_address_is_a_restart(other, told):
    assert step(but(**other)) == Step("shop", "restart", [told])


def test_a_table_that_is_new_is_told_as_a_whole_and_a_long_value_is_cut():
    [told] = differences(OLD, but(health=Health(path="/up")))
    [cut] = differences(OLD, but(args=("x" * 100,)))

    assert told.startswith('health: null -> {"path":"/up"')
    assert cut == f'args: [] -> ["{"x" * 55}...'


def test_the_file_it_came_from_is_no_difference():
    assert differences(OLD, but(source="/srv/releases/2/e.toml")) == []


def test_another_number_alone_is_a_scale():
    assert step(but(instances=4), instances=2) == Step("shop", "scale", ["instances: 2 -> 4"])


def test_variables_are_told_by_name_alone():
    new = but(env={"B": "secret"}, environment="production", environments={"production": {"C": "secret"}})

    assert differences(OLD, new) == ["env.B: added", "env.C: added", "env.CHORUS_ENV: added", "env.A: removed"]
    assert differences(OLD, but(env={"A": "2"})) == ["env.A: changed"]


def test_what_the_shell_passes_on_is_no_difference():
    assert differences(OLD, but(inherited={"TERM_SESSION": "7"})) == []


def test_an_environment_that_is_not_selected_is_no_difference():
    assert differences(OLD, but(environments={"production": {"A": "2"}})) == []


def test_what_the_file_has_no_more_is_told_and_deleted_only_when_pruned():
    known = {"shop": Known(OLD, 1, runs=True), "other": Known(but(name="other", source="/elsewhere"), 1, runs=True)}

    left = compare(known, [], source="/srv/e.toml", prune=False)
    pruned = compare(known, [], source="/srv/e.toml", prune=True)

    assert [(each.application, each.action) for each in (*left, *pruned)] == [("shop", "orphaned"), ("shop", "delete")]


def test_a_program_that_ran_once_and_ended_well_is_as_the_file_says_until_the_file_changes():
    def after(new):
        known = {"shop": Known(OLD, 1, runs=False, finished=True)}
        [only] = compare(known, [new], source="", prune=False)
        return only

    assert after(OLD) == Step("shop", "none", [])
    assert after(but(kill_timeout=30.0)) == Step("shop", "start", ["kill_timeout: 10.0 -> 30.0"])
    assert after(but(instances=2)) == Step("shop", "start", ["instances: 1 -> 2"])


def test_what_the_manager_alone_goes_by_is_adopted_without_a_new_process():
    assert step(but(alerts=Alerts(cpu=50.0), max_restarts=9)) == Step(
        "shop", "adopt", ["max_restarts: 5 -> 9", "alerts.cpu: 90.0 -> 50.0"]
    )
    assert step(but(alerts=Alerts(cpu=50.0), env={"A": "2"})).action == "reload"
    assert step(but(alerts=Alerts(cpu=50.0)), instances=2).reasons[-1] == "instances: 2 -> 1"


JOB = ApplicationSpec(
    name="job", script="job.py", interpreter="python3", cwd="/srv", env={"N": "1"}, increment_var="N", instances=2
)

OTHERWISE = {
    "interpreter": "python3.12", "args": ("-v",), "interpreter_args": ("-B",), "cwd": "/opt", "filter_env": True,
    "instance_var": "NUMBER", "increment_var": None, "namespace": "jobs", "max_instances": 4, "backlog": 10,
    "wait_ready": True, "listen_timeout": 3.0, "settle": 3.0, "overlap": True, "kill_timeout": 3.0,
    "stop_signal": "SIGINT", "treekill": False, "autorestart": False, "stop_exit_codes": (42,), "max_restarts": 3,
    "restart_window": 60.0, "restart_delay": 3.0, "restart_backoff": 3.0, "longest_restart_delay": 3.0,
    "min_uptime": 3.0, "cron_restart": "0 3 * * *", "watch": True, "watch_ignore": ("x",), "watch_delay": 3.0,
    "max_memory_restart": 3, "watchdog": 3.0, "health": Health(connect=80), "alerts": Alerts(cpu=50), "out_file": "o",
    "error_file": "e", "combined_file": None, "merge_logs": False, "log_type": "json", "timestamps": False,
    "log_max_size": 3, "log_rotate_every": 3.0, "log_retain": 3, "log_compress": False, "uid": 65534, "gid": 65534,
}  # fmt: skip
"""Another value of each option, but of those that say what runs, how often, or where it listens."""

NEEDS_NO_OTHER_START = {"backlog", "filter_env", "health", "wait_ready"}
"""A new process is started as the old one was, and what holds for it holds from its start on."""


@pytest.mark.parametrize("option", OTHERWISE)
def test_no_process_is_touched_exactly_where_none_would_be_started_otherwise(option):
    """Row 35: whatever an instance is started with needs a new one, and the rest none."""
    site = SimpleNamespace(environment={}, home="/home/nobody/.chorus")
    record = InstanceRecord(application="job", number=1, id=1)
    new = msgspec.structs.replace(JOB, **{option: OTHERWISE[option]})

    before, after = (vars(launch.command(site, each, record, 0, trial=False)) for each in (JOB, new))

    assert is_managers_own(JOB, new) is (before == after and option not in NEEDS_NO_OTHER_START)


def test_every_option_was_thought_of():
    elsewhere = {"name", "app", "command", "script", "env", "instances", "host", "port", *SET_BY_COMMAND}

    assert OTHERWISE.keys() | elsewhere == {field.name for field in msgspec.structs.fields(ApplicationSpec)}


def test_the_address_of_a_webhook_is_told_by_name_alone():
    old, new = (but(alerts=Alerts(webhook=f"https://hooks.example.com/{secret}")) for secret in ("one", "two"))

    assert differences(OLD, new) == ["alerts.webhook: added"]
    assert differences(old, new) == ["alerts.webhook: changed"]
    assert differences(new, OLD) == ["alerts.webhook: removed"]


def test_settings_of_the_cluster_are_a_step_of_their_own_and_a_file_without_them_changes_none():
    known = ClusterSpec(metrics=9100)

    assert compare_cluster(ClusterSpec(), known) == [Step("[cluster]", "configure", ["metrics: null -> 9100"])]
    assert compare_cluster(known, known) == compare_cluster(known, None) == []


# The order of an apply


def at(addresses: dict[str, Address | None]) -> list[ApplicationSpec]:
    return [but(name=n, port=None) if a is None else but(name=n, host=a[0], port=a[1]) for n, a in addresses.items()]


def apply_of(before: dict[str, Address | None], after: dict[str, Address | None]) -> tuple[list[Step], list[Step]]:
    """What applications at these addresses need to come to others, and that in the order in which it can be done."""
    known, wanted = {spec.name: Known(spec, 1, runs=True) for spec in at(before)}, at(after)
    steps = [step for step in compare(known, wanted, source=OLD.source, prune=True) if step.action != "none"]
    return steps, in_order(steps, known, wanted)


def order(before: dict[str, int], after: dict[str, int]) -> list[str]:
    here = [{name: ("127.0.0.1", port) for name, port in ports.items()} for ports in (before, after)]
    return [f"{step.action} {step.application}" for step in apply_of(*here)[1]]


def test_steps_that_do_not_meet_stay_in_the_order_of_the_file():
    assert order({"a": 1, "b": 2}, {"new": 3, "b": 4, "a": 5}) == ["start new", "restart b", "restart a"]


def test_who_leaves_an_address_goes_before_who_comes_to_it():
    assert order({"a": 1, "b": 2}, {"new": 1, "a": 2, "b": 3}) == ["restart b", "restart a", "start new"]


def test_of_those_that_go_round_one_makes_way():
    assert order({"a": 1, "b": 2}, {"a": 2, "b": 1}) == ["stop a", "restart b", "restart a"]


def test_what_goes_for_good_does_so_when_who_takes_its_place_is_there():
    assert order({"old": 1, "b": 2}, {"new": 1, "b": 3}) == ["stop old", "start new", "delete old", "restart b"]


def test_what_is_stopped_has_left_its_address_already():
    known = {"a": Known(but(name="a"), 1, runs=False)}
    wanted = [but(name="new"), but(name="a", port=81)]

    steps = in_order(compare(known, wanted, source="", prune=False), known, wanted)

    assert [(step.action, step.application) for step in steps] == [("start", "new"), ("start", "a")]


def beside_each_other(addresses: list[Address | None]) -> dict[str, Address | None]:
    """These of applications a, b, c and so on, as far as all of them can listen at once."""
    kept: dict[str, Address | None] = {}
    for name, address in zip("abcdef", addresses, strict=False):
        if address is None or not any(each and meet(each, address) for each in kept.values()):
            kept[name] = address
    return kept


HOSTS = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1"]
PLACES = st.lists(st.none() | st.tuples(st.sampled_from(HOSTS), st.integers(1, 3)), min_size=6, max_size=6)


@given(PLACES, PLACES, st.permutations("abcdef"))
def test_each_step_finds_its_address_free_and_nobody_is_stopped_without_need(old, new, names):
    before, after = beside_each_other(old), beside_each_other(new)
    after = {name: after[name] for name in names if name in after}

    steps, ordered = apply_of(before, after)

    assert sorted(map(str, steps)) == sorted(str(step) for step in ordered if step.action != "stop")
    listening = dict(before)
    for step in ordered:
        listening.pop(step.application, None)
        if step.action in {"start", "restart"}:
            comes = after[step.application]
            assert not any(comes and each and meet(comes, each) for each in listening.values())
            listening[step.application] = comes
    assert listening == after

    def waits_for(name: str) -> set[str]:
        comes = after.get(name)
        changed = {step.application for step in steps} - {name}
        return {n for n in changed & before.keys() if comes and before[n] and meet(comes, before[n])}

    def led_to(name: str) -> set[str]:
        found: set[str] = set()
        more = waits_for(name)
        while more:
            found |= more
            more = set().union(*map(waits_for, found)) - found
        return found

    stopped = {step.application for step in ordered if step.action == "stop"}
    assert all(name in led_to(name) for name in stopped & after.keys())
    assert all(any(name in waits_for(other) for other in after) for name in stopped - after.keys())
