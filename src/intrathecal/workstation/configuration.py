"""What a workstation is told from outside: where its files lie, which database, which names it answers to."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from intrathecal.quantities import InputError

HERE = Path(__file__).parent
DATABASE_URL, HOME, HOSTS, TIME_ZONE = "DATABASE_URL", "INTRATHECAL_HOME", "INTRATHECAL_HOSTS", "INTRATHECAL_TIME_ZONE"
SECOND_FACTOR, PROXIES = "INTRATHECAL_SECOND_FACTOR", "INTRATHECAL_PROXIES"
REQUIRED, OPTIONAL = "required", "optional"
MAIL = "INTRATHECAL_MAIL"
#: By the scheme of its address: how a mail server is spoken to, and its usual port.
MAIL_WAYS = {"smtp": ("", 25), "smtp+starttls": ("use_tls", 587), "smtps": ("use_ssl", 465)}
#: An SQLite database is waited for so long (s) while another process writes, and a connection to PostgreSQL while all are taken.
PATIENCE_S = 20
#: So many connections to PostgreSQL at most; it takes 100 unless it is told otherwise.
CONNECTIONS = 20
MOST_PROXIES = 9


@dataclass(frozen=True)
class Mail:
    """The server that takes e-mail (as Django's backend is told of it), and whom the e-mail is from."""

    server: dict[str, Any]
    sender: str


class ConfigurationError(InputError):
    """A setting that cannot be used."""


def home() -> Path:
    """The folder of this clinic's files; made where it is missing."""
    folder = Path(os.environ.get(HOME) or Path.home() / ".local" / "share" / "intrathecal")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def secret(path: Path) -> str:
    """A key that lies in ``path``, made when it is missing and readable by its owner alone."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


def hosts() -> list[str]:
    """The names that are answered to: those of this machine, and what is given, separated by commas."""
    given = os.environ.get(HOSTS, "")
    return [
        "localhost",
        "127.0.0.1",
        "[::1]",
        "testserver",
        *(name.strip() for name in given.split(",") if name.strip()),
    ]


def time_zone() -> str:
    """The clinic's time zone."""
    return os.environ.get(TIME_ZONE) or "UTC"


def second_factor_required() -> bool:
    """Whether staff and administrators need a second factor; raises `ConfigurationError`."""
    told = os.environ.get(SECOND_FACTOR) or REQUIRED
    if told not in (REQUIRED, OPTIONAL):
        raise ConfigurationError(f'{SECOND_FACTOR}: "{told}" is neither; write {REQUIRED} or {OPTIONAL}')
    return told == REQUIRED


def proxies() -> int:
    """How many trusted proxies stand in front; raises `ConfigurationError`."""
    told = os.environ.get(PROXIES) or "0"
    if not (told.isascii() and told.isdigit() and int(told) <= MOST_PROXIES):
        raise ConfigurationError(f'{PROXIES}: "{told}" is no number of proxies; write 0 to {MOST_PROXIES}')
    return int(told)


def mail() -> Mail | None:
    """The mail server that ``INTRATHECAL_MAIL`` names; None without one: then no e-mail is sent. Raises `ConfigurationError`."""
    text = os.environ.get(MAIL, "")
    if not text:
        return None
    right = "write smtp+starttls://user:password@host:587?from=clinic@example.org (or smtp://, smtps://)"
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise ConfigurationError(f"{MAIL}: is no address; {right}") from None
    if url.scheme not in MAIL_WAYS or not url.hostname:
        raise ConfigurationError(f'{MAIL}: "{url.scheme}" with "{url.hostname or ""}" is no mail server; {right}')
    sender = parse_qs(url.query).get("from", [""])[0]
    if "@" not in sender:
        raise ConfigurationError(f"{MAIL}: does not say whom the e-mail is from; {right}")
    flag, usual = MAIL_WAYS[url.scheme]
    server = {
        "host": url.hostname,
        "port": port or usual,
        "username": unquote(url.username or ""),
        "password": unquote(url.password or ""),
    }
    return Mail(server | ({flag: True} if flag else {}), sender)


def database(folder: Path) -> dict[str, Any]:
    """The database that ``DATABASE_URL`` names, or a file in ``folder``; raises `ConfigurationError`."""
    text = os.environ.get(DATABASE_URL) or f"sqlite:///{folder / 'clinic.sqlite3'}"
    url = urlsplit(text)
    if url.scheme == "sqlite":
        path = unquote(text.removeprefix("sqlite:///"))
        if not path:
            raise ConfigurationError(f"{DATABASE_URL}: names no file; write sqlite:////path/to/clinic.sqlite3")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "ATOMIC_REQUESTS": True,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": PATIENCE_S,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    if url.scheme in ("postgresql", "postgres"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path.lstrip("/")) or "intrathecal",
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": unquote(url.hostname or ""),
            "PORT": str(url.port or ""),
            "ATOMIC_REQUESTS": True,
            # Every request has a thread of its own, so a connection that a thread kept would serve no other: a pool does.
            "CONN_MAX_AGE": 0,
            # What comes out of the pool is tried first: the database may have been restarted.
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"pool": {"min_size": 2, "max_size": CONNECTIONS, "timeout": PATIENCE_S}},
        }
    raise ConfigurationError(
        f'{DATABASE_URL}: "{url.scheme}" is no database of this program; '
        "write sqlite:////path/to/clinic.sqlite3 or postgresql://user:password@host/name"
    )
