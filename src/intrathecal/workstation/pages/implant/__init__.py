"""The pump and the catheter of one patient: as they are, and what was operated on them."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy

from intrathecal.workstation.pages.implant import operating, prime, scan, views
from intrathecal.workstation.rules import CARERS, PHYSICIANS, STAFF, Rule

urlpatterns = [
    path("patients/<int:patient>/implant/", views.implant, name="implant"),
    path("patients/<int:patient>/implant/new/", operating.new, name="implant_new"),
    path("patients/<int:patient>/implant/replace/", operating.replace, name="implant_replace"),
    path("patients/<int:patient>/implant/catheter/", operating.revise, name="implant_revise"),
    path("patients/<int:patient>/implant/explant/", operating.explant, name="implant_explant"),
    path("patients/<int:patient>/implant/mri/", scan.scan, name="implant_mri"),
    path("patients/<int:patient>/implant/mri/<int:scan>/", scan.still, name="implant_mri_open"),
    path("patients/<int:patient>/implant/prime/", prime.prime, name="implant_prime"),
    path("dead-volumes/", views.volumes, name="implant_volumes"),
]
RULES = {
    "implant": Rule(STAFF),
    "implant_new": Rule(PHYSICIANS, PHYSICIANS),
    "implant_replace": Rule(PHYSICIANS, PHYSICIANS),
    "implant_revise": Rule(PHYSICIANS, PHYSICIANS),
    "implant_explant": Rule(PHYSICIANS, PHYSICIANS),
    "implant_mri": Rule(CARERS, CARERS),
    "implant_mri_open": Rule(CARERS, CARERS),
    "implant_prime": Rule(STAFF),
    "implant_volumes": Rule(PHYSICIANS),
}
TABS = (("implant", gettext_lazy("Implant")),)
