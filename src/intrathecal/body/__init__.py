"""Where the drug leaves: plasma, gut, metabolites, elimination."""

from intrathecal.body.compartments import GUT, METABOLITE, PLASMA, Body, build_body

__all__ = ["GUT", "METABOLITE", "PLASMA", "Body", "build_body"]
