"""The whole: pump, line, spine and body advanced together, and the ledger of every microgram."""
