"""The programmer and the handset: sessions with a pump, and what they show, send, read back and compare."""
