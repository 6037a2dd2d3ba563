"""What an apply changes."""

import msgspec

from chorus.cluster.changes import Known, Step, compare, differences
from chorus.cluster.spec import ApplicationSpec

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


def test_a_changed_option_is_a_reload_and_told_with_both_values():
    assert step(but(kill_timeout=30.0)) == Step("shop", "reload", ["kill_timeout: 10.0 -> 30.0"])


def test_another_address_is_a_restart():
    assert step(but(port=81)) == Step("shop", "restart", ["port: 80 -> 81"])


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
