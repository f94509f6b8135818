"""The tile that the rules allow: its file, its manifest, its verification."""
