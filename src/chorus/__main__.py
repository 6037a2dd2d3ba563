"""`python -m chorus` is `chorus`."""

import sys

from chorus.entry.command import main

if __name__ == "__main__":
    sys.exit(main())
