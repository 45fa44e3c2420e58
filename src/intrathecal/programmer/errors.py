"""What can come between a programmer and a pump. Wrong input is an `InputError`, as everywhere."""

from __future__ import annotations

from intrathecal.quantities import InputError


class KeyFileError(InputError):
    """A key file that cannot be used: the message says which, why, and what to do."""


class StrangerError(InputError):
    """Pump and key do not know each other, or the key's role does not allow what was asked."""


class PairingError(InputError):
    """A code that cannot be right, or a pump that does not know it."""


class MismatchError(InputError):
    """The therapy file is not about this pump, or not about what is in it."""


class SumError(InputError):
    """A sum that cannot be done with what was given: the message says why, and what would be right."""


class Refused(Exception):
    """The pump has understood, and the answer is no: nothing was changed and no drug was given for it."""


class Unreachable(Exception):
    """There is no pump to talk to; nothing was asked of it."""


class Uncertain(Exception):
    """A command left, and whether the pump has carried it out is not known until the pump has been read."""
