"""What the command line does, held in facts without words."""
