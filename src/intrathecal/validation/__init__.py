"""The model on trial: published measurements beside what comes out, fitted and predicted apart."""

from intrathecal.validation.report import Row, validate

__all__ = ["Row", "validate"]
