"""Who gets a pump, how a screening trial went, and what the first program is."""
