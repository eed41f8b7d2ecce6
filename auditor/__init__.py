"""auditor: did the behaviour change, or only the score?

Tracks the revisions of a model spec beside its evaluation results, and says for every patch how much of the
test-set fall shows up where nobody tuned.
"""

__version__ = "0.2.0"


def open(where: object = ".", spec: str | None = None, today: object = None) -> object:
    """A project for a notebook: `.audit`, `.graph`, `.frames()`, `.figures`; `auditor.app.notebook.open_notebook`."""
    # Every layer asks this package for its version, and a hook for nothing else: what is opened is imported when it is,
    # by name, and typed in __init__.pyi.
    from importlib import import_module

    notebook: object = import_module("auditor.app.notebook").open_notebook(where, spec, today)
    return notebook
