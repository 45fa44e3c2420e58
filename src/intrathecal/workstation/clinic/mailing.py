"""What became of a request for an appointment, by e-mail to the address that was given: sent once it is in the record.

An answer is never lost for an e-mail that cannot be sent: what became of the e-mail stands in the record too.
"""

from __future__ import annotations

import smtplib
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic import calendars
from intrathecal.workstation.clinic.models import Request
from intrathecal.workstation.clinic.templatetags.clinical import moment

BACKEND = "django.core.mail.backends.smtp.EmailBackend"
#: A mail server that does not answer is waited for so long.
PATIENCE_S = 10
MOST_PROBLEM = 200
Mail = Request.Mail


def address_of(asked: Request) -> str:
    """The e-mail address that somebody gave; nothing where it was a telephone number."""
    try:
        validate_email(asked.contact)
    except ValidationError:
        return ""
    return str(asked.contact)


def soon(asked: Request) -> None:
    """Send what became of a request, when it is in the record; noted as not sent where there is no address or no mail server."""
    possible = settings.CLINIC_MAIL is not None and address_of(asked)
    asked.mail, asked.mail_problem = (Mail.WAITING if possible else Mail.NONE), ""
    asked.save(update_fields=["mail", "mail_problem"])
    if possible:
        transaction.on_commit(partial(_send, asked.pk))


def _send(key: int) -> None:
    """Outside of any transaction: a slow server keeps nobody waiting but who asked for it."""
    asked = Request.objects.select_related("appointment").get(pk=key)
    try:
        _message(asked).send()
    except (OSError, smtplib.SMTPException, ValueError) as problem:
        asked.mail, asked.mail_problem = Mail.FAILED, (str(problem) or type(problem).__name__)[:MOST_PROBLEM]
    else:
        asked.mail = Mail.SENT
    asked.mailed_at = timezone.now()
    asked.save(update_fields=["mail", "mail_problem", "mailed_at"])


def _message(asked: Request) -> EmailMessage:
    """Short and plain; it says nothing that the asker or the answer does not."""
    server = settings.CLINIC_MAIL
    headline, text = told(asked)
    answer = [_("The clinic writes: %s") % asked.answer] if asked.answer else []
    closing = _("The calendar file is attached. Nobody reads answers to this e-mail; please telephone the clinic.")
    message = EmailMessage(
        subject=_("Your request for an appointment: %s") % headline,
        body="\n\n".join([text, *answer, closing]) + "\n",
        from_email=server.sender,
        to=[address_of(asked)],
        headers={"Auto-Submitted": "auto-generated"},
        connection=get_connection(BACKEND, timeout=PATIENCE_S, **server.server),
    )
    message.attach("appointment.ics", calendars.file(calendars.of_request(asked)), "text/calendar")
    return message


def told(asked: Request) -> tuple[str, str]:
    """What became of it in a word or two, and in a sentence."""
    made, zone = asked.appointment, timezone.get_current_timezone_name()
    words = {"wanted": moment(asked.wanted_at), "minutes": asked.minutes, "zone": zone}
    if made is None:
        return _("declined"), _("There is no appointment on %(wanted)s (%(zone)s).") % words
    words |= {"at": moment(made.begins_at), "minutes": made.minutes}
    if made.cancelled:
        return _("cancelled"), _("The appointment on %(at)s (%(zone)s) does not take place.") % words
    confirmed = _("Your appointment: %(at)s (%(zone)s), %(minutes)d minutes.") % words
    if made.begins_at == asked.wanted_at:
        return _("confirmed"), confirmed
    return _("another time"), confirmed + " " + _("You had asked for %(wanted)s.") % words


def state(asked: Request) -> str:
    """Whether whoever asked was told, and what is left to do."""
    if asked.mail == Mail.SENT:
        words = {"whom": asked.contact, "at": moment(asked.mailed_at)}
        return _("An e-mail was sent to %(whom)s on %(at)s.") % words
    if asked.mail == Mail.FAILED:
        words = {"whom": asked.contact, "why": asked.mail_problem}
        return _("The e-mail to %(whom)s could not be sent (%(why)s). Send it again, or telephone.") % words
    if asked.mail == Mail.WAITING:
        return _("It is not known whether the e-mail to %s was sent. Send it again, or telephone.") % asked.contact
    if not address_of(asked):
        return _("Nothing was sent, as no e-mail address was given. Somebody has to telephone: %s.") % asked.contact
    return _("Nothing was sent: this workstation sends no e-mail. Somebody has to tell %s.") % asked.contact
