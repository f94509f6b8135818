"""The panel of checkpoints."""
