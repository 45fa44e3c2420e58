"""The app of records, and what is written down about every change of them."""

from __future__ import annotations

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """The records of a clinic."""

    name = "intrathecal.workstation.clinic"
    label = "clinic"

    def ready(self) -> None:
        """Register every model with the audit trail, and follow the refills and who logs in."""
        from intrathecal.workstation.clinic import logins, trail, trends

        trail.watch()
        trends.watch()
        logins.watch()
