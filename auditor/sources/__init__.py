"""The outside world in: histories of specs, and evaluation logs."""
