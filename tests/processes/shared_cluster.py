"""A cluster that tests use one after the other."""

import shutil
import tempfile
from pathlib import Path

from chorus.cluster.messages import Delete
from cluster.manager.running import RunningCluster
from waiting import until


class SharedCluster:
    """One keeper and one manager for tests that only ask things of them: a second of the processor less for each."""

    def __init__(self) -> None:
        self._running: RunningCluster | None = None

    def open(self) -> RunningCluster:
        """Its cluster, which is started where there is none."""
        if self._running is None:
            self._running = RunningCluster(Path(tempfile.mkdtemp(prefix="chorus-")))
        return self._running

    def clear(self) -> None:
        """Delete every application; a cluster that does not even do that is ended, and the next test has another."""
        running = self.open()
        try:
            if until(running.seen, what="the manager that others share").applications:
                running.done(Delete(["all"]))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it."""
        running, self._running = self._running, None
        if running is not None:
            running.__exit__()
            shutil.rmtree(running.home, ignore_errors=True)
