"""Every address, and the page behind it."""

from __future__ import annotations

from django.urls import include, path

from intrathecal.workstation.pages import board, patient

handler403 = "intrathecal.workstation.failing.forbidden"
handler404 = "intrathecal.workstation.failing.missing"
handler500 = "intrathecal.workstation.failing.broken"

urlpatterns = [
    path("login/", include("allauth.urls")),
    path("", board.board, name="board"),
    path("board.csv", board.csv, name="board_csv"),
    path("patients/<int:patient>/", patient.overview, name="patient"),
]
