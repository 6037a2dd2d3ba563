"""`python -m chorus.cluster.manager HOME`: started by the keeper, and again by it whenever this ends.

`--check` instead of HOME runs nothing: 0 says that everything can be imported.

The manager speaks with Unix sockets and loopback alone. asyncio would load OpenSSL all the same, 4 MB of a process that
is to be small, so it is told that there is none; what goes out over TLS goes out by a process of its own.
"""

import sys

sys.modules["ssl"] = None  # type: ignore[assignment] # how an import is made to fail: importlib's documented way

from chorus.cluster.manager.program import main  # noqa: E402 - after the line above

if __name__ == "__main__":
    sys.exit(main())
