"""The panel of favourites."""
