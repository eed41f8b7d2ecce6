"""Leakage: how well eval prompts are found in patches, and how fast."""
