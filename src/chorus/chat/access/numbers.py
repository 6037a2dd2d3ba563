"""Whole numbers as requests carry them: within what JavaScript counts exactly and every database stores."""

from typing import Annotated

import msgspec

from chorus.chat.domain.entries import LARGEST_SEQ

Id = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_SEQ)]
"""Of an account or a channel."""

Seq = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_SEQ)]
"""A position in a channel's log; 0 stands before the first entry."""
