"""Every sourced value: pumps, catheters, drugs and their effects, anatomy, physiology, and the references they rest on."""

from intrathecal.catalogue.body import LEVELS, Anatomy, Level, Physiology
from intrathecal.catalogue.citing import Citation, citation_text, cite, unverified, values_of
from intrathecal.catalogue.devices import Catheter, Pump, Segment
from intrathecal.catalogue.drugs import CsfKinetics, Drug, Metabolite, Oral, PlasmaKinetics, Rinse, Tracer
from intrathecal.catalogue.effects import Breathing, Mechanism, Relief, Response, SideEffect, Tolerance
from intrathecal.catalogue.emergency import FirstAid, Observation, PumpAid, Statement
from intrathecal.catalogue.errors import CatalogueError
from intrathecal.catalogue.guidelines import Guideline, Limit, Signature
from intrathecal.catalogue.loading import Catalogue, load_catalogue, parse_catheter, parse_pump
from intrathecal.catalogue.mixtures import Mixture
from intrathecal.catalogue.precautions import Precaution, PumpLabel, ReviewFigures
from intrathecal.catalogue.references import Reference
from intrathecal.catalogue.refills import RefillFigures
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
    "FirstAid",
    "Guideline",
    "Indication",
    "Level",
    "Limit",
    "Mechanism",
    "Metabolite",
    "Mixture",
    "Observation",
    "Oral",
    "Physiology",
    "PlasmaKinetics",
    "Precaution",
    "Pump",
    "PumpAid",
    "PumpLabel",
    "Reference",
    "RefillFigures",
    "Relief",
    "Response",
    "ReviewFigures",
    "Rinse",
    "Screening",
    "Segment",
    "SideEffect",
    "Signature",
    "Spread",
    "Statement",
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
