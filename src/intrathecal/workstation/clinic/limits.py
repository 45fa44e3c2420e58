"""How often strangers may do something: so often from one address, and so often all together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from intrathecal.workstation import asker
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Attempt

#: Attempts are forgotten after so long.
KEPT = timedelta(days=2)


@dataclass(frozen=True)
class Limit:
    """Attempts of a ``kind``: ``each`` from one address and ``together`` from all, within ``per``."""

    kind: str
    each: int
    together: int
    per: timedelta = timedelta(hours=1)

    def reached(self, whence: str) -> bool:
        """Whether there were as many as there may be, from ``whence`` or together."""
        seen = Attempt.objects.filter(kind=self.kind, at__gt=timezone.now() - self.per)
        return seen.filter(whence=whence).count() >= self.each or seen.count() >= self.together

    def count(self, whence: str) -> None:
        """One more; what is old is forgotten."""
        now = timezone.now()
        Attempt.objects.filter(kind=self.kind, at__lt=now - KEPT).delete()
        Attempt.objects.create(kind=self.kind, whence=whence, at=now)


#: Forms that were sent, requests of strangers and of patients, links that nobody has, scores and presses of a patient. What
#: strangers do never keeps a patient out.
FORMS = Limit("form", each=60, together=1200)
REQUESTS = Limit("request", each=5, together=60)
REQUESTS_A_DAY = Limit("request", each=10, together=200, per=timedelta(days=1))
OWN_REQUESTS = Limit("own request", each=5, together=5000)
#: No secret of 24 random bytes is found in so many tries, and it takes thousands of networks to keep everybody out for an hour.
LINKS = Limit("link", each=20, together=100_000)
SCORES = Limit("score", each=30, together=5000)
PRESSES = Limit("press", each=20, together=1000)


def asked_too_often(address: str) -> bool:
    """Whether a stranger has to wait before another request; of many at once each sees those before it."""
    trail.hold()
    return any(limit.reached(address) for limit in (FORMS, REQUESTS, REQUESTS_A_DAY))


def whence(request: HttpRequest) -> str:
    """The address or network that a request comes from, as a digest that only this clinic can make."""
    return digest(asker.network(request) or "")


def digest(text: str) -> str:
    """``text`` so that nobody reads it in the table of attempts."""
    return salted_hmac("attempts", text, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()
