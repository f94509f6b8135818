"""The tile that the rules allow: its file, its manifest, its verification; and the count of a race between tiles."""
