"""Scores, spectrum, speed, and the report of a benchmark."""
