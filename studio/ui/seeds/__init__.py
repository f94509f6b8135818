"""The tab Seeds."""
