"""Matches that people carry on: an officer proposes, both sides answer, and what comes of it is kept."""
