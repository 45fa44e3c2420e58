"""What the clinic answers goes to the address that was given: after it is in the record, and never instead of it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.conf import settings
from django.test import Client
from icalendar import Calendar
from tests.workstation.served import free_port

from intrathecal.workstation import configuration
from intrathecal.workstation.clinic import asking, slots
from intrathecal.workstation.clinic.models import Appointment, Request

pytestmark = pytest.mark.django_db(transaction=True)
SENDER = "clinic@example.org"


class Taking(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as takes a message."""

    server: Server

    def handle(self) -> None:
        """One conversation."""
        self.say("220 here")
        whom: list[str] = []
        for line in self.rfile:
            word = line.decode().strip().upper()
            if word.startswith("RCPT") and self.server.refuses:
                self.say("550 there is nobody of that name")
            elif word.startswith("RCPT"):
                whom.append(line.decode().split("<")[1].split(">")[0])
                self.say("250 yes")
            elif word == "DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                message = message_from_bytes(text, policy=policy.default)
                assert isinstance(message, EmailMessage)
                self.server.taken.append((whom, message))
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 yes")

    def say(self, text: str) -> None:
        """One line back."""
        self.wfile.write(f"{text}\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    """What was ``taken``: to whom, and the message."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Taking)
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.refuses = False


@contextmanager
def listening(port: int) -> Iterator[Server]:
    """A mail server on this machine."""
    with Server(port) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Where the clinic's mail server is to be."""
    found = free_port()
    monkeypatch.setenv("INTRATHECAL_MAIL", f"smtp://127.0.0.1:{found}?from={SENDER}")
    monkeypatch.setattr(settings, "CLINIC_MAIL", configuration.mail())
    return found


def asked(contact: str = "signe@example.org", slot: int = 3) -> Request:
    """A request of somebody."""
    return asking.ask("Signe Holt", contact, "first", slots.free()[slot])


def answer(client: Client, one: Request, **told: str) -> str:
    """The clinic answers; the page that it then sees."""
    return client.post(f"/appointments/requests/{one.pk}/", told, follow=True).content.decode()


def test_a_confirmation_a_move_and_a_cancellation_are_sent_with_the_calendar_file(
    port: int, client_of: Callable[..., Client]
) -> None:
    """Short and plain, to the address that was given, from the clinic; without the name or anything of a record."""
    one, nurse, later = asked(), client_of("nurse"), slots.free()[20]
    with listening(port) as server:
        page = answer(nurse, one, what="confirm", answer="bring your letters")
        made = Appointment.objects.get()
        nurse.post(f"/appointments/{made.pk}/", {"what": "move", "at": later.isoformat()})
        moved = nurse.get(f"/appointments/{made.pk}/").content.decode()
        nurse.post(f"/appointments/{made.pk}/", {"what": "cancel"})
    assert "An e-mail was sent to signe@example.org" in page
    assert "An e-mail was sent to signe@example.org" in moved
    one.refresh_from_db()
    assert (one.mail, one.state) == ("sent", "confirmed")
    assert [whom for whom, _message in server.taken] == [["signe@example.org"]] * 3
    (first, second, third) = (message for _whom, message in server.taken)
    assert (first["From"], first["Auto-Submitted"]) == (SENDER, "auto-generated")
    assert [message["Subject"].rsplit(": ", 1)[1] for message in (first, second, third)] == [
        "confirmed",
        "another time",
        "cancelled",
    ]
    body = first.get_body()
    assert body is not None
    assert "The clinic writes: bring your letters" in body.get_content()
    assert "Holt" not in first.as_string()
    events = []
    for message in (first, second, third):
        (file,) = message.iter_attachments()
        assert (file.get_filename(), file.get_content_type()) == ("appointment.ics", "text/calendar")
        events.append(Calendar.from_ical(file.get_content()).walk("VEVENT")[0])
    assert {event["UID"] for event in events} == {one.uid}
    assert [event["SEQUENCE"] for event in events] == [1, 2, 3]
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


def test_an_answer_is_kept_when_its_mail_cannot_be_sent(port: int, client_of: Callable[..., Client]) -> None:
    """Nobody listens, then the address is refused: the page says so and offers to send it again, which then succeeds."""
    one, nurse = asked(), client_of("nurse")
    page = answer(nurse, one, what="decline", answer="please telephone")
    one.refresh_from_db()
    assert (one.state, one.mail) == ("declined", "failed")
    assert "could not be sent" in page
    assert "refused" in page, "it says why"
    with listening(port) as server:
        server.refuses = True
        assert "there is nobody of that name" in answer(nurse, one, what="mail")
        server.refuses = False
        assert "An e-mail was sent" in answer(nurse, one, what="mail")
        assert [message["Subject"] for _whom, message in server.taken] == ["Your request for an appointment: declined"]
        told = nurse.post(f"/api/requests/{one.pk}/mail").json()
    assert told["mail"] == "waiting", "it is sent when the answer is on its way"
    assert nurse.get(f"/api/requests/{one.pk}").json()["mail"] == "sent"


def test_nothing_is_sent_of_an_answer_that_is_not_kept(port: int, client_of: Callable[..., Client]) -> None:
    """A move into a slot that is taken is refused; nobody hears of it."""
    one, other, nurse = asked(), asked("+1 555 0191", 9), client_of("nurse")
    with listening(port) as server:
        page = answer(nurse, one, what="move", at=other.wanted_at.isoformat())
        assert "not free any more" in page
        said = answer(nurse, other, what="confirm")
    assert "no e-mail address was given. Somebody has to telephone: +1 555 0191" in said
    assert "Send it again" not in said
    assert server.taken == []


def test_without_a_mail_server_the_page_says_that_somebody_has_to_tell(
    monkeypatch: pytest.MonkeyPatch, client_of: Callable[..., Client]
) -> None:
    """That is the default."""
    monkeypatch.setattr(settings, "CLINIC_MAIL", None)
    one = asked()
    assert "this workstation sends no e-mail. Somebody has to tell signe@example.org" in answer(
        client_of("nurse"), one, what="confirm"
    )
    one.refresh_from_db()
    assert one.mail == ""


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("mail.example.org", '"" with ""'),
        ("http://mail.example.org?from=a@b.c", '"http" with "mail.example.org" is no mail server'),
        ("smtp://mail.example.org", "does not say whom the e-mail is from"),
        ("smtp://mail.example.org:port?from=a@b.c", "is no address"),
    ],
)
def test_a_mail_server_that_cannot_be_is_said(monkeypatch: pytest.MonkeyPatch, address: str, right: str) -> None:
    """Where, what, and what would be right."""
    monkeypatch.setenv("INTRATHECAL_MAIL", address)
    with pytest.raises(configuration.ConfigurationError) as problem:
        configuration.mail()
    assert right in str(problem.value)
    assert "write smtp+starttls://user:password@host:587?from=clinic@example.org" in str(problem.value)


def test_the_three_ways_to_a_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its usual port, and a password with any sign."""
    monkeypatch.delenv("INTRATHECAL_MAIL", raising=False)
    assert configuration.mail() is None
    found = []
    for way in ("smtp", "smtp+starttls", "smtps"):
        monkeypatch.setenv("INTRATHECAL_MAIL", f"{way}://clinic:p%40ss@mail.example.org?from={SENDER}")
        told = configuration.mail()
        assert told is not None
        assert (told.sender, told.server["password"]) == (SENDER, "p@ss")
        found.append((told.server["port"], told.server.get("use_tls"), told.server.get("use_ssl")))
    assert found == [(25, None, None), (587, True, None), (465, None, True)]
