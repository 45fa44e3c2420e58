"""The other two forms of a program: its text and its event table."""
