"""What a run did, for people: one HTML file that needs nothing else, and the same pictures in a notebook."""
