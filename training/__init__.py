"""Train generators for the race: one recipe is one complete run."""
