"""The tab Morph."""
