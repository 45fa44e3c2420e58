"""Pumps that answer: reading them, writing programs for them, sending, and the virtual ones of the demonstration."""
