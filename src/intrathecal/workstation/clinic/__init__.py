"""The clinic's records."""
