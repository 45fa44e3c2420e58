"""Starting the workstation: its database, its demonstration, and the port that it answers on."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from intrathecal.quantities import InputError
from intrathecal.workstation.configuration import DATABASE_URL, HOME, HOSTS, OPTIONAL, SECOND_FACTOR

SETTINGS = "intrathecal.workstation.settings"
#: A request that is under way when the server is told to end has so long, s.
PATIENCE_S = 5


class ServeError(InputError):
    """A workstation that cannot be started as it was asked for."""


def prepare(database: str = "") -> None:
    """Set Django up, and bring the database to this version's form; raises `ServeError`."""
    import django
    from django.core.management import call_command
    from django.db import OperationalError, connection

    if database:
        os.environ[DATABASE_URL] = database
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    django.setup()
    try:
        if connection.vendor == "postgresql":  # said at once: the pool would try for long
            with connection.wrap_database_errors:
                connection.Database.connect(**connection.get_connection_params()).close()
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as problem:
        raise ServeError(f"the database cannot be used ({str(problem).strip()}); check --database") from None


def serve(listen: str, database: str, demo: bool, echo: Callable[[str], None]) -> None:
    """Answer on ``listen`` (host:port) until SIGTERM or Ctrl-C."""
    host, port = address(listen)
    if demo and not database and not os.environ.get(DATABASE_URL):
        folder = Path(os.environ.get(HOME) or Path.cwd() / "out" / "clinic")
        folder.mkdir(parents=True, exist_ok=True)
        os.environ[HOME] = str(folder)
    if demo:
        os.environ.setdefault(SECOND_FACTOR, OPTIONAL)
    os.environ[HOSTS] = ",".join(filter(None, (os.environ.get(HOSTS, ""), host)))
    prepare(database)
    if demo:
        from intrathecal.workstation.demo import make

        for line in make():
            echo(line)
    from intrathecal.workstation.clinic.models import User
    from intrathecal.workstation.clinic.newcomers import HOW

    if not User.objects.exists():
        echo(HOW)
    with _pumps(demo, echo):
        _answer(host, port, echo)


def _answer(host: str, port: int, echo: Callable[[str], None]) -> None:
    """Answer until the server is told to end; pages that stay open are told so first."""
    import uvicorn

    from intrathecal.workstation.live.ending import ending

    class Server(uvicorn.Server):
        """Lets pages that stay open know that it ends."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            """Told to end."""
            ending.set()
            super().handle_exit(sig, frame)

    echo(f"http://{host}:{port}/")
    Server(
        uvicorn.Config(
            "intrathecal.workstation.asgi:application",
            host=host,
            port=port,
            lifespan="off",
            log_level="warning",
            server_header=False,
            # Who is believed about addresses is decided in one place (`asker`).
            proxy_headers=False,
            timeout_graceful_shutdown=PATIENCE_S,
        )
    ).run()


@contextmanager
def _pumps(demo: bool, echo: Callable[[str], None]) -> Iterator[None]:
    """The demonstration's live pumps, which end with the server."""
    # uvicorn raises the signal again when it has ended; the pumps are to be ended after that.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if not demo:
        yield
        return
    from intrathecal.workstation.live import pumps

    with pumps.running(echo):
        yield


def address(text: str) -> tuple[str, int]:
    """Host and port of ``text``; raises `ServeError`."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ServeError(f'--listen "{text}": is no address; write it like 127.0.0.1:8000')
    return host.strip("[]"), int(port)
