"""Attacks on a running studio, on its files and on its command lines: `python -m tests.attacks` prints the table."""
