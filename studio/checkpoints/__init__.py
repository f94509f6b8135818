"""The checkpoints of a folder, those that visitors add, and what is known of each."""
