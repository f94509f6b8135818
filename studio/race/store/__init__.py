"""What a race keeps on disk: one SQLite file, the checkpoints of its entries, and their pictures."""
