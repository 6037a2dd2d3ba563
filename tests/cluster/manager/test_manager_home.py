"""Whether a home is still that of the keeper which started the manager."""

import pytest

from chorus.cluster.manager.program import is_keepers


@pytest.mark.parametrize(
    ("content", "ours"), [(b"7\n", True), (b"7 ending\n", True), (b"8\n", False), (b"", True), (b"\xff\n", False)]
)
def test_it_is_the_home_of_whoever_is_named_there(tmp_path, content, ours):
    (tmp_path / "keeper.pid").write_bytes(content)

    assert is_keepers(str(tmp_path), 7) is ours


def test_a_home_that_is_gone_or_out_of_reach_is_nobody_elses(tmp_path):
    """What is wrong there is said by whoever wants to listen there again."""
    (tmp_path / "file").touch()

    assert is_keepers(str(tmp_path / "nothing"), 7)
    assert is_keepers(str(tmp_path / "file"), 7)
