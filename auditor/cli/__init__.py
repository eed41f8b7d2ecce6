"""The verbs: parse, call app, render, exit. One file a family."""
