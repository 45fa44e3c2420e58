"""Whether the server has been told to end: what stays open looks here."""

from threading import Event

ending = Event()
