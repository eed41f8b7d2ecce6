"""Reports and graphs of hostile texts only: what a spec, a record, a name or a reason says never acts on a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path

from auditor.app.view import build_view
from auditor.assess.ledger import WaiverFacts
from auditor.assess.preregistration import PlanFacts, PlanState
from auditor.audit import Report
from auditor.document.view import View
from auditor.model.preregistration import Preregistration
from auditor.model.waiver import Waiver
from tests.render.conftest import project_of, report_of

# BEACON is the address of a server that counts who asks.
PAYLOADS = (
    "<script>alert(1);fetch('BEACON')</script>",
    "</script><script src=BEACON></script>",
    '"><img src=BEACON onerror=alert(1)>',
    "'><svg onload=alert(1)><image href=BEACON>",
    "</title></style></head><body onload=alert(1)>",
    "</textarea></details><iframe srcdoc='<script>alert(1)</script>' src=BEACON></iframe>",
    "[x](javascript:alert(1)) ![y](BEACON) <javascript:alert(1)>",
    '<a href="javascript:alert(1)" autofocus onfocus=alert(1)>x</a>',
    "{{ 7 * 7 }}{% include 'x' %}{# #}${alert(1)}#{alert(1)}<%= alert(1) %>",
    "--><script>alert(1)</script><!--",
    "]]><script>alert(1)</script><![CDATA[",
    "\x1b[2J\u202e\u200b\x07\u2066\U000e0041\ufeff\u2028\x00\x08",
    "</style><style>@import 'BEACON';*{background:url(BEACON)}",
    ";}*{background:url(BEACON)}/*",
    '" style="background:url(BEACON)" x="',
    '<meta http-equiv="refresh" content="0;url=BEACON">',
    '<base href="BEACON"><link rel=stylesheet href=BEACON><form action=BEACON>',
    "<object data=BEACON></object><embed src=BEACON><video poster=BEACON src=BEACON>",
    "&lt;script&gt;alert(1)&lt;/script&gt;&#60;img src=BEACON&#62;",
    "<template><script>alert(1)</script></template><noscript><img src=BEACON></noscript>",
    "<math><mtext><mglyph><style><img src=BEACON onerror=alert(1)>",
    "w" * 5_000,
    "\u6f22" * 2_000 + " " + "\u0301" * 500,
)
# Texts that are no words of anybody's: which rule fired decides what is looked up.
_KEPT = frozenset({"check", "code"})
WAIVER = "eval_history/waivers/one.toml"
_WHEN = datetime(2026, 2, 3, tzinfo=UTC)


def world(folder: Path) -> Report:
    """The report tests render, with a waiver and a plan beside it, so that every part of a page speaks."""
    report = report_of(folder, lambda name: name)
    waiver = Waiver(
        "one", "waivers/one.toml", "test-only", "0" * 32, None, "why", "who", _WHEN.date(), date(2026, 9, 1)
    )
    facts = WaiverFacts(waiver, _WHEN.date(), None, True, True, True, (), False, False)
    plan = Preregistration("0" * 64, "conduct", "0" * 64, "keys", "m", "m3", "", 10, _WHEN, "note")
    first, *others = report.sections
    section = replace(first, spec=replace(first.spec, plans=(PlanFacts(plan, PlanState.MISSING, (), 9),)))
    return replace(report, audit=replace(report.audit, waivers=(facts,)), sections=(section, *others))


def told(report: Report, payload: str) -> Report:
    """The same report, with the payload before and after every text in it, however deep."""
    found = _told(report, payload, {})
    assert isinstance(found, Report)
    return found


def view(folder: Path, payload: str = "") -> View:
    """The view of the same world with a waiver and a plan, made as any is, the payload before every name."""
    (folder / WAIVER).parent.mkdir(parents=True)
    (folder / WAIVER).write_text(
        f'check = "test-only"\nfingerprint = "{"0" * 32}"\nreason = "why"\nwho = "who"\n'
        "granted = 2026-02-03\nuntil = 2026-09-01\n"
    )
    project = project_of(folder, lambda name: f"{payload}{name}")
    run = project.runs[-2]
    plan = Preregistration(
        "0" * 64, run.spec, run.revision, run.suite, run.model, run.checkpoint, "", 10, _WHEN, f"{payload}note"
    )
    return build_view(replace(project, plans=(plan,)), date(2026, 4, 1))


def _told(value: object, payload: str, made: dict[int, object]) -> object:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return f"{payload}{value}{payload}" if value else value
    if isinstance(value, tuple | list | frozenset):
        texts = [_told(one, payload, made) for one in value]
        make = getattr(type(value), "_make", type(value))  # of a named tuple
        return make(texts)
    if isinstance(value, Mapping):
        return {_told(key, payload, made): _told(one, payload, made) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        if id(value) not in made:
            made[id(value)] = _of_fields(value, payload, made)
        return made[id(value)]
    return value


def _of_fields(value: object, payload: str, made: dict[int, object]) -> object:
    """Past its constructor, which would refuse much of this: a page may not rely on that."""
    new = object.__new__(type(value))
    for field in fields(value):  # type: ignore[arg-type]
        old = getattr(value, field.name)
        object.__setattr__(new, field.name, old if field.name in _KEPT else _told(old, payload, made))
    return new
