"""Measurements of speed and agreement; never part of the tests."""
