"""What a run did, for people: one HTML file that needs nothing else, and the same pictures in a notebook."""

from intrathecal.report.notebook import Picture, Pictures, pictures
from intrathecal.report.page import report, write_report

__all__ = ["Picture", "Pictures", "pictures", "report", "write_report"]
