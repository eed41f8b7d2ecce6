"""Tests of the documentation: its links and contents, its generated reference, the outputs it shows."""
