"""The JSON API as pages are: its addresses, and who may call what."""

from __future__ import annotations

from django.db.transaction import non_atomic_requests
from django.urls import path

from intrathecal.workstation.api import MODULES, api
from intrathecal.workstation.rules import EVERYBODY, OPEN, Rule

_addresses = api.urls
_long: set[str] = {name for module in MODULES for name in getattr(module, "LONG", ())}
for address in _addresses[0]:
    if address.name in _long:
        non_atomic_requests(address.callback)
urlpatterns = [path("api/", _addresses)]
RULES = {f"api:{name}": rule for module in MODULES for name, rule in module.RULES.items()} | {
    "api:openapi-json": Rule(OPEN.look, public=True),
    "api:api-root": Rule(EVERYBODY),
}
