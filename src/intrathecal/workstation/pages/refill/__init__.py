"""Refills of one patient's pump: those that were, and the next one, guided step by step."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy

from intrathecal.workstation.pages.refill import compounding, telling, views
from intrathecal.workstation.rules import CARERS, NOBODY, STAFF, Rule

urlpatterns = [
    path("patients/<int:patient>/refill/", views.refills, name="refill"),
    path("patients/<int:patient>/refill/begin/", views.begin, name="refill_begin"),
    path("patients/<int:patient>/refill/drop/", views.drop, name="refill_drop"),
    path("patients/<int:patient>/refill/read/", telling.read, name="refill_read"),
    path("patients/<int:patient>/refill/tell/", telling.tell, name="refill_tell"),
    path("patients/<int:patient>/refill/second/", views.second, name="refill_second"),
    path("patients/<int:patient>/refill/second/beside/", views.beside, name="refill_beside"),
    path("patients/<int:patient>/refill/take-back/", views.take_back, name="refill_take_back"),
    path("patients/<int:patient>/refill/compounding/", compounding.sheet, name="refill_compounding"),
    path("patients/<int:patient>/refill/sheets/<int:refill>/", views.sheet, name="refill_sheet"),
    path("patients/<int:patient>/refill/<slug:step>/", views.step, name="refill_step"),
]
RULES = {
    "refill": Rule(STAFF),
    "refill_begin": Rule(CARERS, CARERS),
    "refill_drop": Rule(CARERS, CARERS),
    "refill_read": Rule(NOBODY, CARERS),
    "refill_tell": Rule(CARERS, CARERS),
    "refill_second": Rule(STAFF, STAFF),
    "refill_beside": Rule(NOBODY, CARERS),
    "refill_take_back": Rule(NOBODY, CARERS),
    "refill_compounding": Rule(STAFF),
    "refill_sheet": Rule(STAFF),
    "refill_step": Rule(CARERS, CARERS),
}
TABS = (("refill", gettext_lazy("Refills")),)
