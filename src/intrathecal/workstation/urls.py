"""Every address, and the page behind it."""

from __future__ import annotations

from django.urls import include, path

from intrathecal.workstation import pages

handler400 = "intrathecal.workstation.failing.unacceptable"
handler403 = "intrathecal.workstation.failing.forbidden"
handler404 = "intrathecal.workstation.failing.missing"
handler500 = "intrathecal.workstation.failing.broken"

urlpatterns = [path("login/", include("allauth.urls")), *pages.urlpatterns()]
