"""One file a question; the composition root, where the outside world is picked."""
