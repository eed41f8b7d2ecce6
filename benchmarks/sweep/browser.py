"""Pages in a real browser: whatever a text says, nothing acts and nothing is asked for; and everybody can read them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TypedDict

from auditor.app.view import write_pages
from auditor.render.html.report import report_html
from auditor.render.html.view import view_html
from benchmarks.pictures import demonstration_report
from benchmarks.sweep.hostile import PAYLOADS, told, view, world
from benchmarks.sweep.outcome import Outcome, last_line, run

HOSTILE = "hostile text in every field of a page, in Chromium"
PLAIN = "pages under axe: desktop and phone, light and dark"
DRIVER = Path(__file__).with_name("browser.mjs")
TOOLS = ("playwright-core@1.65.1", "axe-core@4.14.1")
FOLLOWED = "a patch on the home page, followed to its clause, suite and run and back; two keys, and a filter"
PARTS = (HOSTILE, PLAIN, FOLLOWED)
# Of each payload a report, and of the view the home page and a page of each of these kinds.
KINDS = ("patch", "clause", "behaviour", "suite", "run", "checks", "search")
PAGES_EACH = 2 + len(KINDS)
FOLLOWING = ["patch", "clause", "patch", "suite", "patch", "run", "patch", "history", "search", "1"]
GRAVE = ("serious", "critical")
# A page on which everything happens: what is looked with must see it.
CONTROL = "<p>x</p><img src='BEACON'><script>alert(1);console.error(1)</script>"


class _Acted(TypedDict):
    """What a page did, and by how many pixels it is wider than a telephone."""

    scripts: list[str]
    requests: list[str]
    console: list[str]
    wide: int


class _Driven(TypedDict):
    """The driver's answer, by file."""

    acted: dict[str, _Acted]
    accessible: dict[str, list[dict[str, str]]]
    followed: dict[str, list[str]]


class _Asked(BaseHTTPRequestHandler):
    """Counts who asks."""

    count = 0

    def do_GET(self) -> None:
        type(self).count += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def outcomes(folder: Path) -> Iterator[Outcome]:
    """What hostile pages did, and what axe found on plain ones."""
    place = folder / "browser"
    place.mkdir()
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if why := _missing(browser, place):
        yield from (Outcome(part, "NOT RUN", why) for part in PARTS)
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), _Asked) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        beacon = f"http://127.0.0.1:{server.server_port}/asked"
        control = str(_written(place / "control.html", CONTROL.replace("BEACON", beacon)))
        seen = _driven(place, {"chromium": browser, "hostile": [control], "plain": [control], "follow": []})
        sees = seen and _Asked.count and all(_doings(seen["acted"][control])) and seen["accessible"][control]
        _Asked.count = 0
        hostile, plain = hostile_pages(place, beacon), plain_pages(place)
        pages = {
            "hostile": [*map(str, hostile)],
            "plain": [*map(str, plain)],
            "follow": [str(place / "view" / "index.html")],
        }
        found = _driven(place, {"chromium": browser, **pages})
        server.shutdown()
    if not (sees and found):
        yield from (Outcome(part, "FAILED", "the browser did not see what the control page does") for part in PARTS)
        return
    yield _acted(found["acted"])
    yield _accessible(found["accessible"])
    yield _followed(found["followed"])


def _driven(place: Path, plan: dict[str, object]) -> _Driven | None:
    """What the driver answers; None where it fails."""
    (place / "plan.json").write_text(json.dumps(plan))
    done = run("node", DRIVER, place / "plan.json", cwd=place)
    if done.returncode:
        return None
    answer: _Driven = json.loads(done.stdout)
    return answer


def _missing(browser: str | None, place: Path) -> str:
    """What is not here, or nothing."""
    if browser is None or shutil.which("npm") is None:
        return f"no {'chromium' if browser is None else 'npm'} here"
    installed = run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", *TOOLS, cwd=place)
    return last_line(installed) if installed.returncode else ""


def hostile_pages(place: Path, beacon: str) -> Iterator[Path]:
    """Of each payload a report with it in all its texts, and a view with it before every name, a page a kind."""
    plain = world(_made(place / "world"))
    for number, payload in enumerate(PAYLOADS):
        words = payload.replace("BEACON", beacon)
        yield _written(place / f"report-{number}.html", report_html(told(plain, words)))
        yield from _view_pages(place, f"hostile-{number}", words)


def plain_pages(place: Path) -> Iterator[Path]:
    """The pages as they are meant to be."""
    yield _written(place / "world.html", report_html(world(_made(place / "plain"))))
    yield from _view_pages(place, "view")
    yield _written(place / "demonstration.html", demonstration_report(place / "demonstration"))


def _view_pages(place: Path, name: str, payload: str = "") -> Iterator[Path]:
    """The home page of a view, and a page of each kind."""
    folder = place / name
    write_pages(folder, view_html(view(_made(place / f"{name}-world"), payload)))
    yield folder / "index.html"
    yield from (sorted(folder.glob(f"{kind}[-.]*html"))[0] for kind in KINDS)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _written(file: Path, page: str) -> Path:
    file.write_text(page, encoding="utf-8")
    return file


def _acted(pages: dict[str, _Acted]) -> Outcome:
    scripts, requests, said = (sum(map(len, some)) for some in zip(*map(_doings, pages.values()), strict=True))
    wide = sum(page["wide"] > 0 for page in pages.values())
    detail = (
        f"{len(PAYLOADS)} payloads, {len(pages)} pages: {scripts} scripts run, {requests} requests "
        f"({_Asked.count} arrived), {said} console errors, {wide} pages wider than a telephone"
    )
    bad = [f"{Path(name).stem} {page}" for name, page in pages.items() if any(_doings(page)) or page["wide"] > 0]
    failed = bad or _Asked.count or len(pages) != PAGES_EACH * len(PAYLOADS)
    return Outcome(HOSTILE, "FAILED" if failed else "ok", "; ".join([detail, *bad])[:300])


def _doings(page: _Acted) -> tuple[list[str], list[str], list[str]]:
    return page["scripts"], page["requests"], page["console"]


def _accessible(pages: dict[str, list[dict[str, str]]]) -> Outcome:
    found = [(Path(name).stem, one) for name, some in pages.items() for one in some]
    grave = [(name, one) for name, one in found if one["impact"] in GRAVE]
    said = (
        f"{len(pages)} pages, 4 views each: {len(grave)} serious or critical findings, {len(found) - len(grave)} lesser"
    )
    return Outcome(PLAIN, "FAILED" if grave else "ok", "; ".join([said, *_told(grave or found)]))


def _followed(pages: dict[str, list[str]]) -> Outcome:
    [kinds] = pages.values()
    return Outcome(FOLLOWED, "ok" if kinds == FOLLOWING else "FAILED", f"pages seen: {', '.join(kinds) or 'none'}")


def _told(found: Iterable[tuple[str, dict[str, str]]]) -> list[str]:
    return sorted({f"{name}, {one['size']}, {one['scheme']}: {one['id']}" for name, one in found})[:4]
