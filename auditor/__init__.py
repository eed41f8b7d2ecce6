"""auditor: did the behaviour change, or only the score?

Tracks the revisions of a model spec beside its evaluation results, and says for every patch how much of the
test-set fall shows up where nobody tuned.
"""

__version__ = "0.1.0"
