"""From a seed and a checkpoint to pixels: all that training and studio share."""
