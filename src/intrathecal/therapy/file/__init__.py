"""Reading a therapy file."""
