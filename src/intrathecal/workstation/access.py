"""Who may do what: one table of role and page, and a gate that every request passes.

A page that is not in the table is open to nobody. Whoever looks at a page about a patient is written down in the audit trail.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from intrathecal.workstation import duties, factors, failing, pages
from intrathecal.workstation.clinic import logins, trail
from intrathecal.workstation.clinic.models import Patient
from intrathecal.workstation.rules import EVERYBODY, NOBODY, OPEN, PATIENT, SAFE, Rule

#: Beginnings of names that belong to logging in and out, and to second factors.
LOGIN = ("account_", "mfa_")
#: Of these, what asks for no login.
BEFORE_LOGIN = frozenset(
    {"account_login", "account_logout", "account_inactive", "mfa_authenticate", "mfa_login_webauthn"}
)
#: What everybody does with the own account. The rest (signing up, what needs e-mail) is closed.
OWN_ACCOUNT = frozenset(
    {
        "account_change_password",
        "account_reauthenticate",
        "mfa_index",
        "mfa_reauthenticate",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "mfa_reauthenticate_webauthn",
    }
)


def rule_of(name: str) -> Rule | None:
    """The rule of a page, or None where there is none: then it is open to nobody."""
    known = pages.rules().get(name)
    if known is not None:
        return known
    if name in BEFORE_LOGIN:
        return OPEN
    if name in OWN_ACCOUNT:
        return Rule(EVERYBODY, EVERYBODY, notes=True)
    return Rule(NOBODY) if name.startswith(LOGIN) else None


def allowed(name: str, method: str, role: str) -> bool:
    """Whether somebody of this ``role`` may ask for a page with this ``method``."""
    rule = rule_of(name)
    return rule is not None and role in (rule.look if method in SAFE else rule.change)


#: A session is kept again when so much time has passed since it was kept.
SEEN_EVERY_S = 60


class Gate:
    """Middleware: nobody gets further than the table lets them."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass it on; `process_view` is asked before any page is. Somebody who is there is seen to be there."""
        if request.method == "TRACE" or _is_no_text(request):
            return failing.unacceptable(request)
        if request.user.is_authenticated and not _goes_on_by_itself(request):
            now = int(time.time() // SEEN_EVERY_S)
            if request.session.get("seen") != now:
                request.session["seen"] = now  # a session that changed is kept, and lasts from now on
        try:
            return self._answer(request)
        finally:
            waiting_to_write(True)
            logins.write(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Stop who may not; write down who looks at a patient's record."""
        if _has_nothing_in_it(request):
            return failing.unreadable(request)
        match = request.resolver_match
        name = match.view_name if match else ""
        rule = rule_of(name)
        if rule is not None and rule.public:
            waiting_to_write(rule.notes or request.method not in SAFE)
            return None
        if not request.user.is_authenticated:
            return refuse_unknown(request)
        request.duty = duties.duty(request.user)
        if request.duty is not None and not request.duty.allows(name):
            return lead_to(request.duty, request)
        if not allowed(name, request.method or "GET", request.user.role):
            raise PermissionDenied
        if "patient" in kwargs:
            _look_at(request, name, kwargs["patient"])
        waiting_to_write((rule is not None and rule.notes) or request.method not in SAFE)
        return None

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """A page that would show what this clinic's key does not open says so."""
        return failing.closed(request, problem.message) if isinstance(problem, factors.UnreadableError) else None


def _has_nothing_in_it(request: HttpRequest) -> bool:
    """Whether a path, a query or a form has the character 0, which PostgreSQL takes nowhere."""
    told = [text for asked in (request.GET, request.POST) for _name, texts in asked.lists() for text in texts]
    return "\x00" in request.path or any("\x00" in text for text in told)


def _is_no_text(request: HttpRequest) -> bool:
    """Whether a form is said to be in a code that is none of text, such as hex."""
    try:
        b" ".decode(request.encoding or "utf-8", "replace")
    except LookupError:
        return True
    return False


def _goes_on_by_itself(request: HttpRequest) -> bool:
    """Whether an open page connects anew without anybody there: that prolongs no session."""
    return "text/event-stream" in request.headers.get("Accept", "")


def waiting_to_write(wanted: bool) -> None:
    """On SQLite: whether the next transaction waits for its turn to write at once, or reads beside whoever writes."""
    if connection.vendor == "sqlite":
        connection.transaction_mode = "IMMEDIATE" if wanted else "DEFERRED"


def refuse_unknown(request: HttpRequest) -> HttpResponse:
    """Whoever is not logged in: a page leads to the login, a call of the API is told so."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "log in first"}, status=401)
    # A part of a page is nothing to come back to: the page is.
    page = (request.htmx and request.htmx.current_url_abs_path) or request.get_full_path()
    return _lead(request, redirect_to_login(page)["Location"])


def lead_to(duty: duties.Duty, request: HttpRequest) -> HttpResponse:
    """Whoever has something to do first: a page leads there, a call of the API is told so."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": duty.says}, status=403)
    messages.warning(request, duty.says)
    return _lead(request, reverse(duty.page))


def _lead(request: HttpRequest, where: str) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Redirect": where}) if request.htmx else HttpResponseRedirect(where)


def _look_at(request: HttpRequest, name: str, key: int) -> None:
    """The patient of a page: nobody else's for one who is a patient."""
    patient = Patient.objects.filter(pk=key).first()
    if patient is None or (request.user.role == PATIENT and request.user.patient_id != patient.pk):
        raise Http404
    trail.viewed(patient, f"{request.method} {name}")


def first_page(role: str) -> str:
    """Where somebody of this ``role`` begins: the first page of the head that is theirs, or else their account."""
    rules = pages.rules()
    names = [name for name, _label in pages.navigation() if role in rules[name].look]
    return reverse(names[0] if names else "mfa_index")


def may(request: HttpRequest) -> dict[str, object]:
    """For templates: ``may.look.NAME`` and ``may.change.NAME``, so that no page offers what it would refuse."""
    role, rules = getattr(getattr(request, "user", None), "role", ""), pages.rules()
    if getattr(request, "duty", None) is not None:
        rules = dict.fromkeys(rules, Rule(NOBODY))
    look = {name: role in rule.look for name, rule in rules.items()}
    return {
        "may": {"look": look, "change": {name: role in rule.change for name, rule in rules.items()}},
        "navigation": [(name, label) for name, label in pages.navigation() if look[name]],
        "home": first_page(role) if role else "/",
        "tabs": [(name, label) for name, label in pages.tabs() if look[name]],
    }
