"""What `chorus env` covers."""

import pytest

from chorus.cluster.cli.env import covered


@pytest.mark.parametrize("name", ["JWT_SECRET", "redis_password", "API_TOKEN", "APIKEY", "SIGNING_KEY", "AUTH_HEADER"])
def test_a_name_that_sounds_secret_is_covered(name: str):
    assert covered(name, "hunter2") == "********"


@pytest.mark.parametrize(("name", "value"), [("PATH", "/bin"), ("KEYBOARD", "us"), ("JWT_SECRET", "")])
def test_others_are_shown(name: str, value: str):
    assert covered(name, value) == value


def test_a_password_inside_a_url_is_covered_alone():
    shown = covered("DATABASE_URL", "postgresql://me:hunter2@db:5432/shop")

    assert shown == "postgresql://me:********@db:5432/shop"
