import os
from datetime import date

from auditor.app.notebook import Opened

__version__: str

def open(where: str | os.PathLike[str] = ".", spec: str | None = None, today: date | None = None) -> Opened: ...
