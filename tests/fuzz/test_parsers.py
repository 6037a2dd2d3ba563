"""Row 2: every parser of what strangers send, with bytes that nobody thought of. `make fuzz` does it for longer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.targets import SEEDS, TARGETS


def damaged(seeds):
    """One of these with a piece cut out and another put in."""
    return st.builds(
        lambda seed, at, end, put: seed[: at % len(seed)] + put + seed[end % len(seed) :],
        st.sampled_from(seeds),
        st.integers(0, 200),
        st.integers(0, 200),
        st.binary(max_size=8)
        | st.sampled_from([b'"', b"{", b"[" * 2000, b"9" * 20, b"\xff", b"\x1e", b"\\u", "²".encode()]),
    )


GIVEN = {name: st.binary(max_size=300) | damaged(seeds) for name, seeds in SEEDS.items()}
"""Any bytes, and bytes that differ little from what is right."""


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=200)
@given(data=st.data())
def test_nothing_but_the_named_errors_comes_out(name, data):
    """Row 2."""
    TARGETS[name](data.draw(GIVEN[name]))


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_search_begins_with_is_read(name):
    """Each seed."""
    for seed in SEEDS[name]:
        TARGETS[name](seed)
