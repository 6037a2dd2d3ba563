"""Which connections look at which accounts. Row 12."""

from chorus.chat.live.watchers import Watchers


def test_what_a_connection_watches_replaces_what_it_watched_before():
    """Row 12: visible to those who look at them."""
    watchers = Watchers()
    watchers.watch("here", [1, 2])
    watchers.watch("there", [2])

    watchers.watch("here", [2, 3])

    assert [set(watchers.of(account)) for account in (1, 2, 3)] == [set(), {"here", "there"}, {"here"}]
    assert watchers.by("here") == {2, 3}


def test_a_connection_that_watches_nobody_leaves_nothing_behind():
    watchers = Watchers()
    watchers.watch("here", [1, 2])

    watchers.watch("here", ())

    assert (watchers._of_account, watchers._of_client) == ({}, {})
