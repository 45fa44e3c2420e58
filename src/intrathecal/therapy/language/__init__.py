"""The program language: clauses, text, event table."""
