"""Secrets that were found right lately."""

from chorus.chat.actions.proven import Proven


def test_what_was_found_right_is_known_until_it_is_forgotten():
    proven = Proven()
    proven.add(b"a")
    known = b"a" in proven
    proven.forget(b"a")
    proven.forget(b"a")

    assert (known, b"a" in proven) == (True, False)


def test_no_more_are_remembered_than_may():
    proven = Proven(most=2)
    for digest in (b"a", b"b", b"c"):
        proven.add(digest)

    assert [each in proven for each in (b"a", b"b", b"c")] == [False, True, True]
