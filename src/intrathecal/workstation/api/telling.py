"""How what goes wrong with a pump or a program is answered by the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ninja.errors import HttpError

from intrathecal.programmer.errors import Refused, Unreachable
from intrathecal.quantities import InputError
from intrathecal.workstation.live.line import Silent
from intrathecal.workstation.live.sending import NotSent
from intrathecal.workstation.live.stages import OutOfTurn


@contextmanager
def answering() -> Iterator[None]:
    """409 for what cannot be done now, 422 for what is wrong with what was sent."""
    try:
        yield
    except (OutOfTurn, NotSent, Silent, Refused, Unreachable) as problem:
        raise HttpError(409, str(problem)) from None
    except InputError as problem:
        raise HttpError(422, str(problem)) from None
