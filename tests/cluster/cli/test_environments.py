"""An environment that nobody has, and one that what runs does not have, are named."""

import pytest

from chorus.cluster.cli.environments import not_applied, refuse_unknown
from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.messages import ApplicationStatus
from chorus.cluster.spec import ApplicationSpec


def specified(*environments: str) -> ApplicationSpec:
    """An application with these environments."""
    return ApplicationSpec(name="shop", command=("shop",), environments={name: {} for name in environments})


def running(name: str, environment: str | None) -> ApplicationStatus:
    """An application that runs in this environment."""
    return ApplicationStatus(name=name, namespace="default", kind="command", environment=environment)


def test_an_environment_that_no_application_of_a_file_has_is_refused_with_those_there_are():
    specs = [specified("production"), specified("staging"), specified()]

    with pytest.raises(CommandFailed) as failed:
        refuse_unknown("prodution", specs, "ecosystem.toml")

    assert failed.value.message == ('ecosystem.toml: found no environment "prodution", expected production or staging')
    assert failed.value.detail == ["Did you mean --env production?"]


@pytest.mark.parametrize("specs", [[specified("production"), specified()], [specified()]])
def test_one_that_an_application_has_or_that_only_programs_know_is_taken(specs: list[ApplicationSpec]):
    refuse_unknown("production", specs, "ecosystem.toml")


def test_what_goes_on_in_another_environment_is_named():
    applications = [running("shop", None), running("mail", "production"), running("till", "staging")]

    assert not_applied("production", applications) == (
        "not applied to what runs: environment production: shop, till; "
        "to apply: chorus restart shop till --env production"
    )
    assert not_applied("", applications) == ""
    assert not_applied("production", applications[1:2]) == ""
