"""The command line."""

from intrathecal.cli.app import main

__all__ = ["main"]
