"""What an apply changes."""

import msgspec

from chorus.cluster.changes import Known, Step, compare, compare_cluster, differences
from chorus.cluster.spec import Alerts, ApplicationSpec, ClusterSpec

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


def test_a_program_that_ran_once_and_ended_well_is_as_the_file_says_until_the_file_changes():
    def after(new):
        known = {"shop": Known(OLD, 1, runs=False, finished=True)}
        [only] = compare(known, [new], source="", prune=False)
        return only

    assert after(OLD) == Step("shop", "none", [])
    assert after(but(kill_timeout=30.0)) == Step("shop", "start", ["kill_timeout: 10.0 -> 30.0"])


def test_what_the_manager_alone_goes_by_is_adopted_without_a_new_process():
    assert step(but(alerts=Alerts(cpu=50.0), max_restarts=9)) == Step(
        "shop", "adopt", ["max_restarts: 5 -> 9", "alerts.cpu: 90.0 -> 50.0"]
    )
    assert step(but(alerts=Alerts(cpu=50.0), env={"A": "2"})).action == "reload"
    assert step(but(alerts=Alerts(cpu=50.0)), instances=2).reasons[-1] == "instances: 2 -> 1"


def test_the_address_of_a_webhook_is_told_by_name_alone():
    old, new = (but(alerts=Alerts(webhook=f"https://hooks.example.com/{secret}")) for secret in ("one", "two"))

    assert differences(OLD, new) == ["alerts.webhook: added"]
    assert differences(old, new) == ["alerts.webhook: changed"]
    assert differences(new, OLD) == ["alerts.webhook: removed"]


def test_settings_of_the_cluster_are_a_step_of_their_own_and_a_file_without_them_changes_none():
    known = ClusterSpec(metrics=9100)

    assert compare_cluster(ClusterSpec(), known) == [Step("[cluster]", "configure", ["metrics: null -> 9100"])]
    assert compare_cluster(known, known) == compare_cluster(known, None) == []
