"""Who asks, for the audit trail: the person who is logged in, and the address that the request came from."""

from __future__ import annotations

from ipaddress import ip_address

from auditlog.middleware import AuditlogMiddleware
from django.http import HttpRequest


class Asker(AuditlogMiddleware):
    """Middleware: what a request says of itself (``X-Forwarded-For``) is not believed; the connection is."""

    @staticmethod
    def _get_remote_addr(request: HttpRequest) -> str | None:
        told = request.META.get("REMOTE_ADDR", "")
        try:
            return str(ip_address(told))
        except ValueError:
            return None
