"""The line from the pump to the canal: tubing and catheter as plug flow, with fronts that blur as they move."""

from intrathecal.catheter.line import Line
from intrathecal.catheter.outflow import Outflow
from intrathecal.catheter.volumes import catheter_volume_mL, lumen_cm2

__all__ = ["Line", "Outflow", "catheter_volume_mL", "lumen_cm2"]
