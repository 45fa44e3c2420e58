"""Secrets of second factors: encrypted with a key that is derived from the clinic's own, which is in no backup."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: What in an authenticator is a secret.
SECRETS = ("secret", "seed")


class UnreadableError(ValidationError):
    """A secret that was encrypted with another key."""


class Factors(DefaultMFAAdapter):
    """Apps and recovery codes; of passkeys the public half alone is kept, which is no secret."""

    def encrypt(self, text: str) -> str:
        """For the database."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """From the database; raises `UnreadableError`, which stands beside the field where a code is typed."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            said = _("This second factor was set up with another key of the clinic: ask an administrator to reset it.")
            raise UnreadableError(said) from None


def unreadable() -> int:
    """How many people have a second factor that this clinic's key does not open."""
    people, adapter = set(), Factors()
    for one in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN):
        try:
            for name in SECRETS:
                if name in one.data:
                    adapter.decrypt(one.data[name])
        except UnreadableError:
            people.add(one.user_id)
    return len(people)


def _box() -> Fernet:
    key = HKDF(SHA256(), 32, None, b"second factors").derive(settings.SECRET_KEY.encode())
    return Fernet(urlsafe_b64encode(key))
