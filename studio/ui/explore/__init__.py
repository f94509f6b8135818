"""The tab Explore."""
