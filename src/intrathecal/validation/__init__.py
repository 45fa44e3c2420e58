"""The model on trial: published measurements of transport and effect beside what comes out, fitted and predicted apart."""

from intrathecal.validation.report import Row, validate

__all__ = ["Row", "validate"]
