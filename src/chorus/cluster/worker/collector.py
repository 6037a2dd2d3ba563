"""How often Python looks for garbage in a process that serves.

What nothing refers to any more is freed at once, without a collector; the collector looks for what refers to itself.
Python looks whenever 700 more objects were made than freed, and a busy server has thousands under way that are all in
use: it looked at them again and again, a fifth of the processor time of a chat at its limit, and each look holds up
everybody. So it looks less often here, and never at what was there when the application had started. Until then
it hardly looks at all: what is imported stays, and to look at it took a sixth of a start's processor time.

    begin()     # before the application is loaded
    settle()    # when it has started
"""

import gc

_USUAL = gc.get_threshold()
_STARTING = (50_000, *_USUAL[1:])
_THRESHOLDS = (20_000, 20, 50)
"""Objects between two looks at the young ones; of these looks, between two at those that survived one; and so on."""


def begin() -> None:
    """The application is loaded from here on."""
    if gc.get_threshold() == _USUAL:
        gc.set_threshold(*_STARTING)


def settle() -> None:
    """The application has started. An application that chose how often to look keeps what it chose."""
    if gc.get_threshold() not in (_USUAL, _STARTING):
        return
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
