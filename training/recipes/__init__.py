"""What a run is: the recipe, presets, compatibility, overrides."""
