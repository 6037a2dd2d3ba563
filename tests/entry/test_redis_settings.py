"""Which Redis is meant, and whether the bundled one runs."""

import pytest

from chorus.entry.redis_settings import is_away
from chorus.entry.settings import from_environment


@pytest.mark.parametrize("name", ["chorus", "100% ours", "a#b?c"])
def test_the_bundled_valkey_is_away_until_its_socket_is_there_whatever_the_home_is_called(tmp_path, name):
    home = tmp_path / name
    redis = from_environment({"CHORUS_HOME": str(home)}).redis
    assert is_away(redis)

    (home / "run").mkdir(parents=True)
    (home / "run" / "valkey.sock").touch()
    assert not is_away(redis)


def test_another_redis_is_never_the_bundled_one_that_is_away(tmp_path):
    assert not is_away(from_environment({"CHORUS_HOME": str(tmp_path), "REDIS_HOST": "127.0.0.1"}).redis)
