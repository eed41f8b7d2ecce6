"""Takes the pictures of the demonstration's report and pages that the documentation shows.

python -m benchmarks.pictures        (needs chromium)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from auditor.app.demo import QUARTER, demonstrate
from auditor.app.project import open_project
from auditor.app.report import report, seal_project
from auditor.app.view import build_view, write_pages
from auditor.model.period import parse_quarter
from auditor.render.html.report import report_html
from auditor.render.html.view import view_html

VIEW_DAY = date(2026, 10, 1)
PICTURES = Path(__file__).parents[1] / "docs/pictures"
# Name, width and height in CSS pixels, and further arguments. Headless Chromium takes no window under 500 wide.
SHOTS = (
    ("report", 1000, 1900, ()),
    ("report-dark", 1000, 1900, ("--force-dark-mode",)),
    ("report-phone", 500, 1900, ()),
)
# Of the view: name, and how the page's file name begins (the largest one is taken); each for a desktop and a phone.
VIEW_PAGES = {
    "view": "index",
    "view-patch": "patch",
    "view-clause": "clause-",
    "view-behaviour": "behaviour-",
    "view-suite": "suite-impossible",
    "view-run": "run-",
    "view-checks": "checks",
    "view-reports": "reports",
    "view-search": "search",
}
VIEW_SIZES = {"": (1200, 1300), "-phone": (500, 1100)}
SCALE = "--force-device-scale-factor=0.7"  # small files, in which words can still be read
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def main() -> int:
    """Take them; 1 without a browser."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("NOT RUN: chromium is not installed")
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(demonstration_report(Path(folder) / "repository"), encoding="utf-8")
        for name, width, height, more in SHOTS:
            take(browser, page, PICTURES / f"{name}.png", (width, height), more)
        pages = Path(folder) / "pages"
        with open_project(Path(folder) / "repository") as project:
            write_pages(pages, view_html(build_view(project, VIEW_DAY)))
        for name, start in VIEW_PAGES.items():
            page = max(pages.glob(f"{start}*.html"), key=lambda path: path.stat().st_size)
            for suffix, size in VIEW_SIZES.items():
                take(browser, page, PICTURES / f"{name}{suffix}.png", size, (SCALE,))
        printed = Path(folder) / "report.pdf"
        drive(browser, Path(folder) / "report.html", f"--print-to-pdf={printed}", "--no-pdf-header-footer")
        picture = ("pdftoppm", "-png", "-r", "60", "-f", "1", "-l", "1", "-singlefile", printed)
        if shutil.which("pdftoppm"):
            subprocess.run([*map(str, picture), str(PICTURES / "report-print")], check=True)
    return 0


def demonstration_report(folder: Path) -> str:
    """The page that `auditor demo` writes."""
    demonstrate(folder)
    with open_project(folder) as project:
        seal_project(project)
        return report_html(report(project, parse_quarter(QUARTER)))


def take(browser: str, page: Path, picture: Path, size: tuple[int, int], more: tuple[str, ...] = ()) -> None:
    """One picture of the top of a page."""
    drive(browser, page, f"--window-size={size[0]},{size[1]}", f"--screenshot={picture}", *more)


def drive(browser: str, page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Opens a page in a browser of its own, which ends by itself."""
    with tempfile.TemporaryDirectory() as profile:
        call = [browser, *QUIET, f"--user-data-dir={profile}", *arguments, page.as_uri()]
        return subprocess.run(call, check=True, capture_output=True, text=True, timeout=120)


if __name__ == "__main__":
    sys.exit(main())
