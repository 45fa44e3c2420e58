"""Who asks, for the audit trail and the limits: the person who is logged in, and the address that the request came from."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address, ip_network

from auditlog.middleware import AuditlogMiddleware
from django.conf import settings
from django.http import HttpRequest

#: So many bits of an IPv6 address are those of its network.
ONE_LINK = 64


def address(request: HttpRequest) -> str | None:
    """The address of whoever asks; None where the connection has none.

    ``X-Forwarded-For`` says anything, but the last entries, as many as there are trusted proxies, are written by these.
    """
    proxies, told = settings.PROXIES, request.headers.get("X-Forwarded-For", "").split(",")
    seen = told[-proxies] if 0 < proxies <= len(told) else ""
    return _address(seen) or _address(request.META.get("REMOTE_ADDR", ""))


def network(request: HttpRequest) -> str | None:
    """Whose tries are counted together: an address, or of IPv6 the network (/64), as one machine has all addresses of it."""
    found = address(request)
    if found is None:
        return None
    one = ip_address(found)
    if isinstance(one, IPv4Address):
        return found
    return str(one.ipv4_mapped or ip_network((one, ONE_LINK), strict=False))


def _address(text: str) -> str | None:
    """An address alone, as all write it; some proxies add a port, which goes."""
    text = text.strip()
    host = (
        text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0] if text.count(":") == 1 else text
    )
    try:
        return str(ip_address(host))
    except ValueError:
        return None


class Asker(AuditlogMiddleware):
    """Middleware: whatever is written down has the person and the address."""

    @staticmethod
    def _get_remote_addr(request: HttpRequest) -> str | None:
        return address(request)
