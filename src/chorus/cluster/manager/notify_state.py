"""What a process has said of itself (sd_notify(3)), as the manager understands it.

said = NotifyState({"READY": "1", "STATUS": "on port 3000", "WATCHDOG": "8123.250"})
said.ready, said.status, said.last_sign     # True, "on port 3000", 8123.25
"""

import math

import msgspec

LONGEST_WATCHDOG = 31_536_000.0
"""Seconds; as long as a document may say."""


class NotifyState(msgspec.Struct, frozen=True):
    """The last value of each word, as the keeper keeps them (keeper.wire.Child.state)."""

    words: dict[str, str] = {}

    @property
    def ready(self) -> bool:
        """It can serve."""
        return self.words.get("READY") == "1"

    @property
    def reloading(self) -> bool:
        """It reads its configuration anew and says READY=1 when that is done."""
        return self.words.get("RELOADING") == "1"

    @property
    def stopping(self) -> bool:
        """It is ending."""
        return self.words.get("STOPPING") == "1"

    @property
    def status(self) -> str:
        """What it does, for a person."""
        text = self.words.get("STATUS", "")
        return f"reloading: {text}".removesuffix(": ") if self.reloading else text

    @property
    def wants_time_until(self) -> float:
        """Until when it asks to be waited for while it ends, in monotonic seconds; 0 when it does not."""
        return float(self.words.get("EXTEND_TIMEOUT_USEC", "0"))

    @property
    def main_pid(self) -> int | None:
        """Its main process, where that is not the one that was started."""
        pid = self.words.get("MAINPID")
        return None if pid is None else int(pid)

    @property
    def last_sign(self) -> float:
        """When it gave its last sign of life, in monotonic seconds; infinity when it never did."""
        sign = self.words.get("WATCHDOG", "trigger")
        return math.inf if sign == "trigger" else float(sign)

    @property
    def wants_restart(self) -> bool:
        """It found for itself that it is not well."""
        return self.words.get("WATCHDOG") == "trigger"

    def watchdog(self, specified: float) -> float:
        """Seconds it may go without a sign of life: what it asks for, else what was specified; 0: nobody waits."""
        asked = self.words.get("WATCHDOG_USEC", "")
        return min(int(asked) / 1e6, LONGEST_WATCHDOG) if asked.isascii() and asked.isdigit() else specified
