"""What tabs and panels share."""
