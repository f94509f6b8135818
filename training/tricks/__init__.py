"""The tricks, one file for each kind, one table at its foot."""
