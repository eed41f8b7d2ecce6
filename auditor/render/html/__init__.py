"""Pages: self-contained, without scripts, every text escaped, every number marked for who verifies it."""
