"""From a checkpoint and a seed to a picture, for many visitors at once."""
