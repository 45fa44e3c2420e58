"""What is done with a refill before it is stored, by a page or a program: begin, answer, confirm, look too, leave.

Everybody who fills a pump works at the same entries, which whoever changes them holds until the request is answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Filling, Implant, User
from intrathecal.workstation.clinic.models.filling import STANDING, Stage
from intrathecal.workstation.clinic.running import pump_of
from intrathecal.workstation.pages import pump
from intrathecal.workstation.pages.refill.draft import STEPS, Draft
from intrathecal.workstation.pages.refill.forms import StepForm
from intrathecal.workstation.pages.refill.storing import store


class NotNow(Exception):
    """What cannot be done with a refill as it is: the message says why, and what can be."""


def implant_of(patient: int) -> Implant:
    """The pump that is filled. Raises `NotNow` where none is in."""
    found = pump.implant_of(patient)
    if found is None:
        raise NotNow(_("No pump is implanted: nothing can be filled."))
    return found


def draft_of(implant: Implant) -> Draft | None:
    """The refill that is being done, to look at; None where none is, or another one was stored since it was begun."""
    return _drafted(implant, Filling.objects.all())


def held(implant: Implant) -> Draft:
    """The refill that is being done, to change it. Raises `NotNow`."""
    found = _drafted(implant, trail.locked(Filling))
    if found is None:
        raise NotNow(_("No refill is begun here, or another one was stored meanwhile: begin again."))
    return found


def _drafted(implant: Implant, fillings: QuerySet[Filling]) -> Draft | None:
    filling = (
        fillings.select_related("after", "reading", "begun_by").filter(implant=implant, stage__in=STANDING).first()
    )
    if filling is None or filling.after != implant.refills.first():
        return None
    filling.implant = implant
    return Draft(filling)


def begin(implant: Implant, by: User) -> Draft:
    """Begin a refill, or go on with the one that is begun. Raises `Missing` for a pump that the catalogue does not have."""
    pump_of(implant)
    trail.hold()
    if (found := draft_of(implant)) is not None:
        return found
    for outdated in Filling.objects.filter(implant=implant, stage__in=STANDING):
        outdated.stage = Stage.DROPPED
        outdated.save()
    return Draft(Filling.objects.create(implant=implant, after=implant.refills.first(), begun_by=by))


def drop(implant: Implant) -> None:
    """Leave the refill that is begun, if there is one; no refill is stored."""
    trail.hold()
    for filling in Filling.objects.filter(implant=implant, stage__in=STANDING):
        filling.stage = Stage.DROPPED
        filling.save()


def answer(draft: Draft, step: str, typed: Mapping[str, str], by: User, seen: int | None = None) -> StepForm:
    """Keep an answer that is right; the form says what is wrong with another one.

    ``seen`` is how many answers there were when the question was shown. Raises `NotNow` where somebody else has answered
    since, where the refill waits for a second person, and for a step that is not asked.
    """
    check_asked(draft, step)
    filling = draft.filling
    others = [one for one in filling.steps.values() if seen is not None and one["number"] > seen and one["by"] != by.pk]
    if others:
        who = User.objects.filter(pk=others[-1]["by"]).first()
        raise NotNow(_("%s has entered something meanwhile: look at it, and then answer this again.") % who)
    form = STEPS[step](draft, dict(typed))
    if form.is_valid():
        filling.answers += 1
        at = timezone.now().isoformat()
        filling.steps[step] = {"typed": form.typed, "by": by.pk, "at": at, "number": filling.answers}
        filling.save()
    return form


def check_asked(draft: Draft, step: str) -> None:
    """Raise `NotNow` for a step that cannot be answered now."""
    if draft.waiting:
        raise NotNow(_("This refill waits for a second person; take it back to change it."))
    if step not in draft.steps or list(STEPS).index(step) > list(STEPS).index(draft.first_open):
        raise NotNow(_("“%(step)s” is not asked now; answer “%(open)s”.") % {"step": step, "open": draft.first_open})


def _check_seen(draft: Draft, seen: int | None) -> None:
    """Nobody confirms what they were not shown. Raises `NotNow`."""
    if seen is not None and draft.filling.answers != seen:
        raise NotNow(_("Something was entered since this was shown: look at all of it again."))


def confirm(draft: Draft, typed: Mapping[str, str], by: User, seen: int | None = None) -> StepForm:
    """The first person's word: the refill is stored, or waits for a second one where review asks for that.

    The form says what is wrong where it is neither. ``seen`` is how many answers there were when all of it was shown. Raises
    `NotNow` where there are more now, and for a refill that has steps to answer.
    """
    check_asked(draft, "review")
    _check_seen(draft, seen)
    form = STEPS["review"](draft, dict(typed))
    if not form.is_valid():
        return form
    filling = draft.filling
    filling.said = {"reason": form.cleaned_data.get("reason", "")}
    filling.confirmed_by, filling.confirmed_at, filling.basis = by, timezone.now(), draft.basis
    if draft.second_person:
        filling.stage = Stage.WAITING
    else:
        filling.stage, filling.refill = Stage.STORED, store(draft, by, None)
    filling.save()
    return form


def second(draft: Draft, by: User, seen: int | None = None) -> list[str]:
    """A second person's word, with which the refill is stored. What has moved since the first one's, in words: then it is not.

    Raises `NotNow` for the first person, where it does not wait, and where it was changed since it was shown (``seen`` answers).
    """
    filling = draft.filling
    if not draft.waiting or filling.confirmed_by is None:
        raise NotNow(_("This refill does not wait for a second person."))
    if filling.confirmed_by == by:
        raise NotNow(_("You have confirmed it already. A second person is somebody else."))
    _check_seen(draft, seen)
    if moved := draft.moved:
        take_back(draft)
        return moved
    filling.stage, filling.refill = Stage.STORED, store(draft, filling.confirmed_by, by)
    filling.save()
    return []


def said_moved(moved: Sequence[str]) -> str:
    """What has moved, as a sentence."""
    return _("Since the first person confirmed this has changed: %s. It was not stored; it is judged anew.") % (
        ", ".join(moved)
    )


def take_back(draft: Draft) -> None:
    """Being done again: what the first person said is forgotten."""
    filling = draft.filling
    filling.stage, filling.said, filling.basis = Stage.OPEN, {}, {}
    filling.confirmed_by = filling.confirmed_at = None
    filling.save()
