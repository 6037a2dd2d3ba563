"""Whole numbers as requests carry them: within what JavaScript counts exactly and every database stores."""

from typing import Annotated, Final

import msgspec

LARGEST: Final = 2**53 - 1

Id = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
"""Of an account or a channel."""

Seq = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
"""A position in a channel's log; 0 stands before the first entry."""
