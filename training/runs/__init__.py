"""A run: one step, the loop around it, checkpoints, metadata, alarms."""
