"""A page as PDF, printed by a Chromium that is here already: no network, no profile, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from auditor.errors import InputError

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
WHERE = "--format pdf"
# No name resolves and no proxy is asked: a page of ours needs none, and a browser's own errands are not ours to allow.
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--metrics-recording-only",
    "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-proxy-server",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--lang=en-US",
    "--no-pdf-header-footer",
)
_SECONDS = 120.0
# As Skia writes them: D:20260930000000+00'00', which is always of one length, so that no offset in the file moves.
_DATES = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}(\+00'00'\))")


def browser(environment: Mapping[str, str]) -> str:
    """The path of a Chromium: the first of its usual names on PATH.

    Raises InputError where there is none.
    """
    path = environment.get("PATH", os.defpath)
    found = next((at for at in (shutil.which(name, path=path) for name in NAMES) if at), None)
    if found is None:
        remedy = "install Chromium or Chrome, or write --format html and print that in any browser"
        raise InputError(f"none of {', '.join(NAMES)} is on PATH", where=WHERE, remedy=remedy)
    return found


def pdf_of(page: str, program: str, made: date, environment: Mapping[str, str], seconds: float = _SECONDS) -> bytes:
    """A page printed.

    The same page, Chromium and fonts give the same bytes; another Chromium sets it another way.

    Args:
        page: HTML that asks for nothing.
        program: what `browser` found.
        made: the day that the document says it was made on: never the clock's.
        environment: of which PATH is handed on.
        seconds: how long it may take.

    Raises InputError where it takes longer, or prints nothing.
    """
    with tempfile.TemporaryDirectory(prefix="auditor-pdf-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / "page.html").write_text(page, encoding="utf-8", newline="\n")
        printed = place / "page.pdf"
        said = _run(_call(program, place, printed), place, environment, seconds)
        document = printed.read_bytes() if printed.is_file() else b""
    if not (document.startswith(b"%PDF-") and document.rstrip().endswith(b"%%EOF")):
        raise InputError(f"{Path(program).name} printed nothing ({said})", where=WHERE, remedy="write --format html")
    return _DATES.sub(rb"\g<1>" + f"{made:%Y%m%d}000000".encode() + rb"\g<2>", document)


def _call(program: str, place: Path, printed: Path) -> list[str]:
    # Chromium has no sandbox for root; the page runs no script and asks for nothing, by its own policy and by ours.
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    profile = f"--user-data-dir={place / 'profile'}"
    return [program, *_FLAGS, *alone, profile, f"--print-to-pdf={printed}", (place / "page.html").as_uri()]


def _run(call: Sequence[str], place: Path, environment: Mapping[str, str], seconds: float) -> str:
    """Runs it in a group of its own, which is gone afterwards; the last thing it said, or that it took too long."""
    kept = {"PATH": environment.get("PATH", os.defpath), "HOME": str(place), "TMPDIR": str(place)}
    with (place / "said").open("w+b") as told:
        process = subprocess.Popen(
            call,
            cwd=place,
            env={**kept, "XDG_RUNTIME_DIR": str(place), "TZ": "UTC", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{Path(call[0]).name} took longer than {seconds:g} s", where=WHERE, remedy="write --format html"
            ) from None
        finally:
            _end(process)
        told.seek(0)
        lines = told.read().decode("utf-8", "replace").strip().splitlines()
    grave = [line for line in lines if ":FATAL:" in line] or lines
    return f"exit code {code}{': ' + grave[-1][:200] if grave else ''}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the whole group: helpers may outlive the process that was waited for, and write into its folder."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
