"""Many patients, and what one drug does by every route in the reference adult."""
