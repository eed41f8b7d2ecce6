"""Evidence in, frozen facts out, computed once: steps, comparable pairs, contrasts, verdicts.

One spec's `Evidence` and a policy come in; an `Assessment` goes out, which checks, gate, report and formats read.
Open `judge` first: `assess` runs the whole chain; `facts` is what comes of it, `verdicts` the table that decides.
"""
