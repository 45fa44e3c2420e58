"""Pages to hand on: one HTML file without scripts, and the same page as PDF."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from markupsafe import Markup

from intrathecal import __version__
from intrathecal.quantities import InputError
from intrathecal.report.material import asset, templates
from intrathecal.simulation.files import replacing

SUFFIXES = (".html", ".pdf")


class PaperError(InputError):
    """A page that cannot be written: the message says which, why, and what to do."""


def paper_page(template: str, **said: Any) -> str:
    """A page of the package with its style in it; it has no script and asks for nothing."""
    style = Markup(asset("assets", "paper.css"))  # noqa: S704 - the package's own file
    return templates().get_template(template).render(said, style=style, version=__version__)


def check_target(target: Path, option: str) -> None:
    """Raise `PaperError` where a page could not be written, before anything depends on it."""
    where = f"{option} {target}"
    if target.suffix.lower() not in SUFFIXES:
        raise PaperError(f"{where}: is neither .html nor .pdf; name a file that ends so")
    if target.is_dir():
        raise PaperError(f"{where}: is a folder; name a file")
    try:
        with tempfile.NamedTemporaryFile(dir=target.absolute().parent):
            pass
        if target.exists():
            target.open("ab").close()
    except OSError as problem:
        raise _unwritable(where, problem) from None
    if target.suffix.lower() == ".pdf":
        _printer(where)


def write_paper(page: str, target: Path) -> None:
    """Write a page as HTML or PDF, whole or not at all. Raises `PaperError`."""
    content = pdf(page, str(target)) if target.suffix.lower() == ".pdf" else page.encode("utf-8")
    try:
        with replacing(target) as file:
            file.write_bytes(content)
    except OSError as problem:
        raise _unwritable(str(target), problem) from None


def pdf(page: str, where: str) -> bytes:
    """A page as tagged PDF. Raises `PaperError` where this machine cannot make one."""
    html = _printer(where)
    written = io.BytesIO()
    html(string=page, url_fetcher=_nothing_else).write_pdf(written, pdf_variant="pdf/ua-1")
    return written.getvalue()


def _printer(where: str) -> Any:
    """WeasyPrint's HTML class; what it says while it is loaded is said in one message instead."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            from weasyprint import HTML
    except (ImportError, OSError):
        raise PaperError(
            f"{where}: a PDF needs the library Pango, which is not there; install it (on Debian libpango-1.0-0 and "
            "libpangoft2-1.0-0), or name an .html file and print it from a browser"
        ) from None
    # It warns of styles that are for browsers.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return HTML


def _nothing_else(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError(f"a page asks for nothing, not even {url}")


def _unwritable(where: str, problem: OSError) -> PaperError:
    reason = os.strerror(problem.errno) if problem.errno else "the system gives no reason"
    return PaperError(f"{where}: cannot be written ({reason}); name another file or free some space")
