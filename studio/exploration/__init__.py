"""Choosing seeds and walking between latents."""
