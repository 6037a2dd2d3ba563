"""Serve one ASGI application on passed sockets: `python -m chorus.cluster.worker package.module:attribute`.

Environment: LISTEN_FDS and its companions, NOTIFY_SOCKET, WATCHDOG_USEC; CHORUS_LOAD_FD and CHORUS_LOAD_SLOT (the
gate), CHORUS_HOME and CHORUS_KEY (the private socket, run/<key>.sock), CHORUS_HEALTH_PATH and CHORUS_ACCEPTS_WHEN (what
is to be answered there before connections are accepted), CHORUS_KILL_TIMEOUT (seconds), CHORUS_DEBUG=1 (tracebacks).
Exit codes: 0 drained, 1 could not start or end as it should; the last line on stderr says why. An application that
does not start may name its own: `exit_code` of `lifespan.startup.failed`, 75 where what it needs is away for now.
"""

import sys

from chorus.cluster.worker.program import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
