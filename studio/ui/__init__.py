"""The page, its requests, and the limits of a public link."""
