import os
from datetime import date

from auditor.app.notebook import Notebook

__version__: str

def open(where: str | os.PathLike[str] = ".", spec: str | None = None, today: date | None = None) -> Notebook: ...
