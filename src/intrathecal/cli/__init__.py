"""The command line."""

import os

# The matrices are small: on a busy machine a second BLAS thread costs more than it brings. Read when numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from intrathecal.cli.app import main

__all__ = ["main"]
