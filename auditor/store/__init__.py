"""eval_history on disk: records, items, suites, bindings, plans, waivers and seals, and samples reduced to tallies.

`RawRun`s come in and are tallied (`tally`) under the registry's rules (`registry`); records go out to files named by
their content, and come back through a tree. Open `records` first, then `codec`, the form of each file; `checkpoints`
seals, and `integrity` looks whether everything is what it says.
"""
