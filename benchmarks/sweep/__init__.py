"""The slow half of what must hold: `make sweep`."""
