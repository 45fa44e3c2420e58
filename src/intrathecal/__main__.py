"""``python -m intrathecal``."""

from intrathecal.cli import main

main()
