"""Where runs come from: one reader a file, one small protocol (`interface`)."""
