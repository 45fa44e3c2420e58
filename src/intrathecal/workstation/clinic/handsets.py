"""A patient's button: what the live pump answers, and what that means in plain words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.programmer.client import Address
from intrathecal.programmer.errors import Refused, Uncertain, Unreachable
from intrathecal.programmer.keyfile import load_key
from intrathecal.programmer.session import Outcome, Session
from intrathecal.programmer.session import pair as known
from intrathecal.pump import pressing
from intrathecal.pump.controller import Press
from intrathecal.quantities import InputError
from intrathecal.workstation.clinic.models import Implant

T = TypeVar("T")
#: Beside the key of a programmer lies that of the patient's handset, under this ending.
ENDING = ".handset.key"
HANDSET: Literal["handset"] = "handset"
#: How a pump's log calls the presses that come from here.
NAME = "patient page"
MEANS = {
    pressing.LOCKOUT: gettext_lazy(
        "Your last bolus is too recent. After each one the pump waits for the time that your clinic has set, so that you "
        "never get too much. Wait, and try again later."
    ),
    pressing.DAILY_COUNT: gettext_lazy(
        "You have had as many boluses in the last 24 hours as your clinic has set. Try again later. If you often need more, "
        "tell your clinic."
    ),
    pressing.LIMIT: gettext_lazy(
        "With one more bolus you would get more than the most that your clinic has set. The pump goes on as usual. Try again "
        "later; if you often need more, tell your clinic."
    ),
    pressing.FASTEST_FLOW: gettext_lazy(
        "The pump is giving so much at this moment that a bolus on top would be too fast. Try again in a while."
    ),
    pressing.NO_DEMAND: gettext_lazy(
        "Your pump gives its medicine by itself; your clinic has set no bolus on request. If you need one, ask your clinic."
    ),
    pressing.BRIDGING: gettext_lazy(
        "The pump is changing over to a new medicine. Until that is done it gives no bolus. Ask your clinic how long it takes."
    ),
    pressing.PRIMING: gettext_lazy("The pump is being filled and prepared. Wait until your clinic has finished."),
    pressing.EMPTY: gettext_lazy("The pump believes that it is empty. Call your clinic now: it has to be refilled."),
    pressing.STALLED: gettext_lazy("The pump's motor stands still. Call your clinic now."),
    pressing.STOPPED: gettext_lazy("Your clinic has stopped the pump. Call your clinic now if you do not know why."),
    "battery reset": gettext_lazy("The pump has restarted after its battery was weak. Call your clinic now."),
    "end of service": gettext_lazy(
        "The pump has reached the end of its life and gives nothing more. Call your clinic now."
    ),
}
CALL = frozenset({pressing.EMPTY, pressing.STALLED, pressing.STOPPED, "battery reset", "end of service"})


@dataclass(frozen=True)
class Answer:
    """What the patient is told: a headline, what it means, and whether to call the clinic now.

    ``outcome`` is that of the pump in a word or its own reason, for the trail: given, ready, refused, unknown, unreachable.
    """

    headline: str
    text: str
    outcome: str
    call: bool = False
    alarms: tuple[str, ...] = ()
    earlier: str = ""


def key_of(implant: Implant | None) -> Path | None:
    """The key of the handset of a live pump; None where the patient has the handset alone."""
    if implant is None or not implant.address or not implant.key_file:
        return None
    given = Path(implant.key_file)
    for path in (given, given.with_name(given.stem + ENDING)):
        with suppress(InputError):
            if any(pump.role == HANDSET for pump in load_key(path).pumps):
                return path
    return None


def pair(address: Address, code: str, programmer_key: Path) -> None:
    """Make a handset's key known to a pump, beside that of its programmer. Raises as `programmer.session.pair`."""
    known(address, HANDSET, code, programmer_key.with_name(programmer_key.stem + ENDING), NAME)


def ready(implant: Implant) -> Answer:
    """Whether a bolus would be given now; nothing is asked of the pump."""

    def ask(session: Session) -> Answer:
        found = session.ready()
        alarms = tuple(alarm.name for alarm in found.alarms)
        if found.refusal:
            return _refused(found.refusal, alarms)
        return Answer(_("A bolus can be given now"), _("Press if you need it."), "ready", bool(alarms), alarms)

    return _asked(implant, ask)


def press(implant: Implant) -> Answer:
    """Ask the pump for a bolus. What a press became whose answer was lost is asked for first."""

    def ask(session: Session) -> Answer:
        session.act(Press(), "a press")
        text = _("The pump gives it over the next minutes. It may take a while until you feel it.")
        return Answer(_("Your bolus is being given"), text, "given")

    return _asked(implant, ask)


def too_often() -> Answer:
    """The pump is not asked, because it was asked so often."""
    text = _(
        "You have pressed many times within an hour. The pump was not asked again. If your pain is bad, call your clinic."
    )
    return Answer(_("Please wait"), text, "too often")


def _asked(implant: Implant, ask: Callable[[Session], Answer]) -> Answer:
    key = key_of(implant)
    if key is None:
        return Answer(_("Use your handset"), _("This page cannot reach your pump."), "no handset here")
    try:
        with Session(Address.parse(implant.address), key) as session:
            earlier = " ".join(_earlier(outcome) for outcome in session.settle())
            return replace(ask(session), earlier=earlier)
    except Refused as refusal:
        return _refused(str(refusal))
    except Uncertain:
        text = _(
            "Your wish was sent, and the pump's answer did not come back. Do not press again at once: look here again in a few "
            "minutes. The pump never gives one press twice."
        )
        return Answer(_("It is not certain whether your bolus is given"), text, "unknown")
    except (Unreachable, InputError):
        text = _(
            "Nothing was asked of the pump; it goes on as it is programmed. Use your handset, or call your clinic."
        )
        return Answer(_("The pump cannot be reached from here"), text, "unreachable")


def _earlier(outcome: Outcome) -> str:
    """What became of a press whose answer was lost."""
    return {
        "done": _("The bolus that you asked for before was given."),
        "refused": _("The bolus that you asked for before was not given: the pump refused it."),
        "never": _("The bolus that you asked for before never reached the pump, and will not be given any more."),
    }[outcome.became.outcome]


def _refused(reason: str, alarms: tuple[str, ...] = ()) -> Answer:
    """A refusal in plain words; one that is not known is told as the pump says it."""
    short = reason.split(":", 1)[0]
    means = MEANS.get(short) or _("The pump says: %(reason)s. Call your clinic if you do not understand it.") % {
        "reason": reason
    }
    return Answer(_("No bolus now"), str(means), f"refused: {reason}", short in CALL or bool(alarms), alarms)
