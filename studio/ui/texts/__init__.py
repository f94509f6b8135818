"""What the page says beyond one tab, in every language."""
