"""Look at generators, choose a seed, export its tile, check anybody's tile."""
