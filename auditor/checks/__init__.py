"""One rule a file, found by walking this folder. A check reads facts and returns a value."""
