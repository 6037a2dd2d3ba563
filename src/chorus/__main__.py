"""`python -m chorus` is `chorus`, and the console script is this, too.

Control-C may come while the command is still being imported.
"""

import sys

try:
    from chorus.entry.command import main
except KeyboardInterrupt:
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
