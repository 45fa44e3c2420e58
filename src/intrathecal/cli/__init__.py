"""The command line."""

import os
import sys

from intrathecal.cli.loading import loading

# The matrices are small: on a busy machine a second BLAS thread costs more than it brings. Read when numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

INTERRUPTED = 130


def main() -> None:
    """Run the command line; Ctrl-C ends it cleanly at any time, also while it is still loading."""
    try:
        with loading():
            from intrathecal.cli.app import run
        run()
    except KeyboardInterrupt:
        sys.stderr.write("intrathecal: stopped\n")
        sys.exit(INTERRUPTED)
