"""Every sourced value: pumps, catheters, drugs and their effects, anatomy, physiology, and the references they rest on."""

from intrathecal.catalogue.body import LEVELS, Anatomy, Level, Physiology
from intrathecal.catalogue.citing import Citation, citation_text, cite, unverified, values_of
from intrathecal.catalogue.devices import Catheter, Pump, Segment
from intrathecal.catalogue.drugs import CsfKinetics, Drug, Metabolite, Oral, PlasmaKinetics, Tracer
from intrathecal.catalogue.effects import Breathing, Mechanism, Relief, Response, SideEffect, Tolerance
from intrathecal.catalogue.errors import CatalogueError
from intrathecal.catalogue.loading import Catalogue, load_catalogue, parse_catheter, parse_pump
from intrathecal.catalogue.references import Reference
from intrathecal.catalogue.screening import Check, Indication, Screening, Trial
from intrathecal.catalogue.values import CHOSEN, Spread, Value

__all__ = [
    "CHOSEN",
    "LEVELS",
    "Anatomy",
    "Breathing",
    "Catalogue",
    "CatalogueError",
    "Catheter",
    "Check",
    "Citation",
    "CsfKinetics",
    "Drug",
    "Indication",
    "Level",
    "Mechanism",
    "Metabolite",
    "Oral",
    "Physiology",
    "PlasmaKinetics",
    "Pump",
    "Reference",
    "Relief",
    "Response",
    "Screening",
    "Segment",
    "SideEffect",
    "Spread",
    "Tolerance",
    "Tracer",
    "Trial",
    "Value",
    "citation_text",
    "cite",
    "load_catalogue",
    "parse_catheter",
    "parse_pump",
    "unverified",
    "values_of",
]
