"""What is left of a request when its manager went away."""

import pytest

from chorus.cluster.cli.remains import changed, done, failure, remains, unsettled
from chorus.cluster.messages import (
    ApplicationStatus,
    ClusterStatus,
    Delete,
    InstanceStatus,
    Reload,
    Restart,
    Scale,
    Signal,
    Start,
    Stop,
)
from chorus.cluster.spec import ApplicationSpec


def application(name: str, *generations: int, state: str = "online", **more: object) -> ApplicationStatus:
    """An application whose instances have processes of these generations."""
    instances = [
        InstanceStatus(
            id=number, number=number, key=f"{name}:{number}:{generation}", state=state, generation=generation
        )
        for number, generation in enumerate(generations)
    ]
    return ApplicationStatus(name=name, namespace="default", kind="command", instances=instances, **more)


def everything(*applications: ApplicationStatus) -> ClusterStatus:
    return ClusterStatus(keeper_pid=1, manager_pid=2, home="/h", version="1", applications=list(applications))


def spec(name: str) -> ApplicationSpec:
    return ApplicationSpec(name=name, command=("sleep", "9"))


BEFORE = everything(application("web", 1, 1), application("job", 4), application("off", 2, state="stopped"))


@pytest.mark.parametrize("kind", [Restart, Reload])
def test_only_instances_with_the_process_that_they_had_are_replaced(kind):
    after = everything(application("web", 2, 1), application("job", 5))

    assert remains(kind(targets=["web"]), BEFORE, after) == [kind(targets=["web:1"])]
    assert remains(kind(targets=["job"]), BEFORE, after) == []
    assert remains(kind(targets=["all"]), BEFORE, after) == [kind(targets=["web:1"])]
    assert remains(kind(targets=["web:0"]), BEFORE, after) == []


def test_a_new_environment_or_specification_is_for_the_whole_application():
    after = everything(application("web", 2, 1), application("job", 4))

    again = Restart(["web"], environment="production")
    assert remains(again, BEFORE, after) == [again]
    file = Reload(targets=["web", "job"], applications=[spec("web"), spec("job")])
    assert remains(file, BEFORE, everything(application("web", 2, 2), application("job", 4))) == [
        Reload(targets=["job"], applications=file.applications)
    ]


def test_a_change_of_the_number_becomes_the_number():
    after = everything(application("web", 1, 1, 1))

    assert remains(Scale("web", "+2"), BEFORE, after) == [Scale("web", "4")]
    assert remains(Scale("web", "3"), BEFORE, after) == [Scale("web", "3")]


def test_what_is_deleted_is_not_deleted_again():
    assert remains(Delete(["all"]), BEFORE, everything(application("web"))) == [Delete(["web"])]
    assert remains(Delete(["web:1", "job"]), BEFORE, everything(application("web", 1, 1))) == [Delete(["web:1"])]
    assert remains(Delete(["web"]), BEFORE, everything()) == []


def test_a_start_has_what_is_not_there_run_and_restarts_what_it_was_to_restart():
    request = Start(applications=[spec("new"), spec("web")], targets=["job", "off"])
    after = everything(application("web", 2, 2), application("job", 4), application("off", 3), application("new", 1))

    assert remains(request, BEFORE, after) == [
        Start(applications=[spec("new")], targets=["off:0"], if_absent=True),
        Start(targets=["job:0"]),
    ]
    calm = Start(applications=[spec("web")], if_absent=True)
    assert remains(calm, BEFORE, after) == [calm]


def test_what_can_be_asked_for_twice_is_and_what_nobody_can_know_is_said():
    assert remains(Stop(["web"]), BEFORE, BEFORE) == [Stop(["web"])]
    assert remains(Signal(["web"], "SIGHUP"), BEFORE, BEFORE) is None
    assert remains(Restart(["nonesuch"]), BEFORE, BEFORE) == [Restart(["nonesuch"])]


def test_the_successor_is_waited_for_while_it_is_at_what_was_meant():
    rolling = everything(application("web", 1, resumed="web is being reloaded"), application("job", 4))

    assert unsettled(Reload(targets=["web"]), rolling) == "web is being reloaded"
    assert unsettled(Reload(targets=["job"]), rolling) == ""
    assert unsettled(Stop(["web"]), rolling) == ""
    starting = everything(application("web", 1, state="starting"))
    assert unsettled(Start(applications=[spec("web")]), starting) == "web:0 is starting"


def test_a_reload_that_failed_meanwhile_is_told_and_an_older_one_is_not():
    after = everything(application("web", 1, resumed="failed: web:0", resumed_age=3.0, resumed_failed=True))

    assert failure(Reload(targets=["web"]), after, elapsed=10.0) == "web: failed: web:0"
    assert failure(Reload(targets=["web"]), after, elapsed=2.0) == ""
    assert failure(Restart(["web"]), after, elapsed=10.0) == ""


def test_what_is_done_is_said_as_the_manager_says_it():
    assert done(Restart(["all"]), BEFORE) == "restarted web, job, off"
    assert done(Scale("web", "+1"), BEFORE) == "web has 2 instances"


def test_what_was_done_under_two_managers_is_a_change():
    """What the second one finds done already the first one did; what others did meanwhile does not count."""
    assert changed(Scale("web", "3"), BEFORE, everything(application("web", 1, 1, 1)))
    assert changed(
        Start(applications=[spec("new")]), BEFORE, everything(application("web", 1, 1), application("new", 1))
    )
    assert changed(Start(targets=["off"]), BEFORE, everything(application("off", 2)))
    assert not changed(Start(targets=["web"]), BEFORE, everything(application("web", 1, 1), application("job", 5)))
