"""One command from pictures to a checkpoint: what the machine is, what is trained on it, and what may be expected."""
