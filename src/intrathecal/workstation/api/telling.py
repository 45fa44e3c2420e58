"""How what goes wrong with a pump or a program is answered by the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ninja.errors import HttpError

from intrathecal.programmer.errors import Refused, Unreachable
from intrathecal.quantities import InputError
from intrathecal.workstation.api.shapes import PROBLEMS, Problem
from intrathecal.workstation.live.line import Silent
from intrathecal.workstation.live.sending import NotSent
from intrathecal.workstation.live.stages import OutOfTurn

#: What calls may answer that a pump or the state of a program can stand against.
REFUSALS: dict[int, Any] = {**PROBLEMS, 409: Problem}


@contextmanager
def answering() -> Iterator[None]:
    """409 for what cannot be done now, 422 for what is wrong with what was sent."""
    try:
        yield
    except (OutOfTurn, NotSent, Silent, Refused, Unreachable) as problem:
        raise HttpError(409, str(problem)) from None
    except InputError as problem:
        raise HttpError(422, str(problem)) from None
