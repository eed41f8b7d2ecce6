"""From what `auditor` prints to facts without words: the one place that knows its spellings.

The golden outlives names, words and layouts, so that none of these is in it. What may be written anew is here: the
spelling of verbs and options (`VERBS`), of words (the tables that follow), and where in which document a value stands
(`AUDIT` to `PLAN`). Follow a renaming here, with the same token on the right, and never in the golden's data. A path
that a document lacks raises KeyError: nothing is held by accident of a default.

A fact is a key with a value: `patch/392aa2082b8f/behaviour/sycophancy|harbor-2/test.before` and seven numbers. What is
null or an empty list is no fact. Floats have six places, those of 1 and more six digits. A commit is its place in the
repository, since its id depends on what the files beside the spec say; ids of records are held where the records are
committed data, and are counted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Facts = dict[str, Json]

# --- spellings --------------------------------------------------------------------------------------------------------

VERBS = {
    "demo": ("demo",),
    "ingest": ("ingest",),
    "audit": ("audit", "--format", "json"),
    "gate": ("gate", "--format", "json"),
    "report": ("report", "--format", "json", "--no-seal"),
    "verify": ("verify", "--format", "json"),
    "log": ("log", "--format", "json"),
    "blame": ("blame", "--format", "json"),
    "diff": ("diff", "--format", "json"),
    "plan": ("plan", "--format", "json"),
}
OPTIONS = {
    "repo": "--repo",
    "spec": "--spec",
    "day": "--as-of",
    "base": "--base",
    "head": "--head",
    "quarter": "--quarter",
    "against": "--checkpoint",
    "fail on": "--fail-on",
    "seal": "--seal",
}

VERDICTS = {
    "test-only": "STAYED",
    "mostly-test": "STAYED-MOSTLY",
    "worse": "WORSE",
    "artefact": "COUNTING",
    "partial": "PART",
    "inconclusive": "OPEN",
    "unmeasured": "NOTHING",
    "generalises": "CARRIED",
    "unchanged": "STILL",
}
RULES = {
    **VERDICTS,
    "require_held_out": "HELD-OUT-WANTED",
    "open-gap": "GAP",
    "evidence-debt": "DEBT",
    "no-score": "NO-SCORE",
    "shared-step": "SHARED",
}
MECHANISMS = {
    "test-only": "STAYED",
    "mostly-test": "STAYED-MOSTLY",
    "items": "ITEMS",
    "invalid": "INVALID",
    "selection": "SELECTION",
    "behaviour": "BEHAVIOUR",
    "displacement": "DISPLACED",
    "awareness": "AWARE",
    "severity": "SEVERITY",
}
CAUSES = {"patch": "PATCH", "unresolved": "SEVERAL"}
ROLES = {"test": "TEST", "held_out": "HELD-OUT", "deployment": "LIVE"}
LEVELS = {"high": 3, "medium": 2, "low": 1, "note": 0}
TRENDS = {"rose": "UP", "fell": "DOWN", "stable": "SAME", "unmeasured": "NOTHING"}
MISSING = {
    "test-floor": "TEST-ZERO",
    "test-samples": "TEST-SAMPLES",
    "second-before-run": "BEFORE-RUN",
    "second-held-out-before-run": "HELD-OUT-BEFORE-RUN",
    "open-held-out-suite": "HELD-OUT-OPEN",
    "held-out-floor": "HELD-OUT-ZERO",
    "scale": "SCALE",
    "repeated-looks": "LOOKS",
    "invalid": "INVALID",
    "held-out-items": "HELD-OUT-ITEMS",
    "held-out-samples": "HELD-OUT-SAMPLES",
    "more-runs": "RUNS",
    "small-test-fall": "SMALL-TEST-FALL",
    "part-or-whole": "PART-OR-WHOLE",
}
LEFT = {"eliminated": "NONE", "reduced": "LESS", "under-tolerance": "LITTLE", "not-reduced": "ALL"}
PROTOCOL = {
    "items": "ITEMS",
    "scorer": "SCORER",
    "sampling": "SAMPLING",
    "condition": "CONDITION",
    "exposure": "EXPOSURE",
    "checkpoint": "CHECKPOINT",
    "invalid": "INVALID",
    "planned": "PLANNED",
    "code": "CODE",
    "scored refusals": "REFUSALS",
}
SIDES = {"before": 0, "after": 1}
PLAN_STATES = {"fulfilled": "DONE", "missing": "NONE", "differs": "OTHER", "unclear": "SEVERAL"}
BECAME = {"opened": "OPENED", "closed": "CLOSED", "carried over": "STAYED", "gone": "GONE"}
DIRECTIONS = {
    "tightened": "TIGHTER",
    "relaxed": "LOOSER",
    "reversed": "TURNED",
    "mixed": "BOTH",
    "clarified": "CLEARER",
    "descriptive": "NO-NORM",
    "undetermined": "UNKNOWN",
}
CHANGES = {
    "added": "NEW",
    "introduced": "NEW",
    "removed": "GONE",
    "reworded": "WORDS",
    "moved": "PLACE",
    "split": "SPLIT",
    "split off": "SPLIT-OFF",
    "merged": "MERGED",
    "merged into another": "MERGED-INTO",
    "reinstated": "BACK",
}

# The checks there were when the golden was made; what others find is no part of it, so that a new check moves nothing.
CATALOGUE = frozenset(
    """SD101 SD102 SD103 SD104 SD105 SD106 SD107 SD108 SD109 SD110 SD111 SD112 SD113 SD114 SD115 SD116 SD117 SD118
    SD119 SD120 SD121 SD122 SD123 SD124 SD131 SD132 SD133 SD201 SD202 SD203 SD204 SD205 SD206 SD207 SD208 SD209
    SD210 SD211 SD212 SD301 SD302 SD303 SD304 SD305 SD401 SD402 SD403 SD404 SD405 SD406 SD407 SD501""".split()  # noqa: SIM905
)

# Checks that fire on records by their ids, or on rules as a sentence has them: their fingerprints are of these.
NAMED_BY_WORDS = frozenset(("SD301", "SD302", "SD303", "SD304"))

# --- what a table says of a document ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    """A word, or each of a list of words, by a table; a word that the table lacks raises KeyError."""

    path: str
    table: Mapping[str, Json]


@dataclass(frozen=True)
class Keyed:
    """The values of an object, its keys by a table."""

    path: str
    table: Mapping[str, Json]


@dataclass(frozen=True)
class Many:
    """Several values of one object, in a list; null where the object is."""

    path: str
    parts: tuple[Source, ...]


@dataclass(frozen=True)
class Ruling:
    """Several values of the one suite of a list that another key names; null where it names none."""

    path: str
    name: str
    parts: tuple[Source, ...]


@dataclass(frozen=True)
class Limits:
    """The limits of a part of a fall; those of a part that is exact, which has none, are its value twice."""

    path: str
    part: str


@dataclass(frozen=True)
class Moment:
    """A time, its offset in digits."""

    path: str


@dataclass(frozen=True)
class Chosen:
    """One value of each object of a list that has another."""

    path: str
    wanted: str
    value: str


@dataclass(frozen=True)
class Length:
    """How long a list is; null for none."""

    path: str


@dataclass(frozen=True)
class Records:
    """What depends on the ids of records: held where these are committed, else counted."""

    path: str


@dataclass(frozen=True)
class Fingerprint:
    """What a waiver names a finding by; null for the rules that are named by words."""

    path: str
    rule: str


@dataclass(frozen=True)
class Rows:
    """The objects of a list (or one object), each with the facts of its own, under `name` and its key.

    Without a key it is its place. Rows of a code that is not in the catalogue, or of no rule, are left out, and those
    in which what is `wanted` is null.
    """

    path: str
    name: str
    key: tuple[Source, ...] = ()
    facts: Mapping[str, Source] = field(default_factory=dict)
    rows: tuple[Rows, ...] = ()
    rule: str | None = None
    wanted: str = ""


Source: TypeAlias = "str | Word | Keyed | Many | Ruling | Limits | Moment | Chosen | Length | Records | Fingerprint"

RATE_PARTS = ("rate", "low", "high", "misaligned", "valid", "items", "invalid")
REMAINING_PARTS = (Word("state", LEFT), "upper", "tolerance", "needed", "size")
ATTRIBUTION_PARTS = ("raw", "items", "invalid", "selection", "behaviour", "telling")
TRANSFER_PARTS = ("estimate", "low", "high", "error_high")
STEP_PARTS = ("before", "before_checkpoint", "after", "after_checkpoint")
ENDED_PARTS = ("error", "limit", "refusal", "other", "refused", "refused_misaligned")
SHARE_PARTS = ("misaligned", "samples")


def rates(*paths: str) -> dict[str, Source]:
    """The rates at some paths, under their own names."""
    return {path: Many(path, RATE_PARTS) for path in paths}


def bounds(path: str) -> dict[str, Source]:
    """The limits of the parts of a raw fall."""
    return {f"bounds {name}": Limits(path, name) for name in ATTRIBUTION_PARTS[1:5]}


FINDINGS = Rows(
    "findings",
    "finding",
    ("check", Fingerprint("fingerprint", "check")),
    {
        "is": Many("", (Word("severity", LEVELS), Word("confidence", LEVELS), "place.path", "place.line")),
        "records": Records("evidence"),
    },
    rule="check",
)
MEASURED = Rows(
    "suites",
    "measured",
    ("suite",),
    {
        "compared": "compared",
        "differences": Word("differences[].what", PROTOCOL),
        "rates": Many("", ("reported.before", "reported.after", "reported.fell", "reported.invalid_rose")),
        "removed": Many("irregularities.removed", ("items", "rate", "others", "established")),
        "added": Many("irregularities.added", ("items", "rate", "others", "established")),
        "twice": Length("irregularities.twice"),
        "registered": "irregularities.registered",
        "records": Records("runs"),
        "ends before": Many("endings.before", ENDED_PARTS),
        "ends after": Many("endings.after", ENDED_PARTS),
        "refusals": Many("endings", ("refused_rose", "refusal_share_of_fall")),
    },
    (
        Rows("irregularities.short", "short", (), {"run": Many("", (Word("side", SIDES), "planned", "got"))}),
        Rows("irregularities.gaps", "runs", (), {"of a side": Many("", (Word("side", SIDES), "runs", "low", "high"))}),
    ),
)
HELD_OUT = Rows(
    "suites",
    "suite",
    ("suite",),
    {
        "role": Word("role", ROLES),
        "verdict": Word("verdict", VERDICTS),
        **rates("before", "after"),
        "transfer": Many("transfer", TRANSFER_PARTS),
        "attribution": Many("attribution", ATTRIBUTION_PARTS),
        **bounds("attribution"),
        "remaining": Many("residual", REMAINING_PARTS),
        "not after": "not_run_after",
    },
    wanted="verdict",
)
BEHAVIOUR: Mapping[str, Source] = {
    "verdict": Word("verdict", VERDICTS),
    "fingerprint": "fingerprint",
    "hiding": Many("", ("hiding_suspected", "near_zero", Word("mechanisms", MECHANISMS))),
    "cause": Word("cause", CAUSES),
    "other changes": Length("also_changed"),
    "grade": "grade",
    "step": Many("step", STEP_PARTS),
    "step patches": "step.patches",
    "step spanned": "step.spanned",
    "missing": Word("missing", MISSING),
    "needed": Many("", ("samples_needed", "runs_needed")),
    "flips": Many("sensitivity", ("flip_threshold", Word("on_rates", VERDICTS), Word("on_odds", VERDICTS))),
    **rates("test.before", "test.after", "held_out.before", "held_out.after"),
    "held-out still": "held_out.unchanged",
    "not compared": Chosen("suites", "not_compared", "suite"),
    "ruling": "ruling_suite",
    "transfer": Many("transfer", TRANSFER_PARTS),
    "residual": Ruling("suites", "ruling_suite", ("suite", "after.rate", "after.low", "after.high")),
    "residual remaining": Many("residual", REMAINING_PARTS),
    "test remaining": Many("test_residual", REMAINING_PARTS),
    "awareness": Word("awareness", TRENDS),
    "attribution": Many("attribution", ATTRIBUTION_PARTS),
    **bounds("attribution"),
    "fell": "fell",
    "passed over": Length("diagnostics.passed_over"),
    "strata aware before": Many("diagnostics.strata.aware.before", SHARE_PARTS),
    "strata aware after": Many("diagnostics.strata.aware.after", SHARE_PARTS),
    "strata unaware before": Many("diagnostics.strata.unaware.before", SHARE_PARTS),
    "strata unaware after": Many("diagnostics.strata.unaware.after", SHARE_PARTS),
    "strata unaware still": "diagnostics.strata.unaware_unchanged",
    "severity": Many("diagnostics.severity", ("before", "after", "shifted")),
    "moved": Length("diagnostics.moved"),
    "twins": Length("diagnostics.twins"),
    "signals": Length("diagnostics.signals"),
    "run to run": Many("diagnostics.run_to_run", ("variance", "bound", "freedom", "runs")),
    "checkpoint alone": Many("checkpoint_contrast", ("revision", "before", "after", "full")),
    "worse too": Length("worse_behaviours"),
    "rebound of": Many("rebound_of", STEP_PARTS),
    "survives": "survives_fdr",
    "at any time": Many("sequential", ("looks", "e_value", "threshold", "holds")),
}
WITHOUT = Rows("sensitivity.without_suite", "without", ("suite",), {"verdict": Word("verdict", VERDICTS)})
WAIVERS = Rows(
    "waivers",
    "waiver",
    ("name",),
    {
        "of": Many("", (Word("check", RULES), "fingerprint", "patch")),
        "days": Many("", ("granted", "until", "landed")),
        "by": Many("", ("who", "committed_by", "self_approved")),
        "state": Many("", ("known", "needed", "after_patch", "counts")),
    },
)


def finding_rows(path: str, name: str) -> Rows:
    """Findings that stand by themselves."""
    return Rows(path, name, FINDINGS.key, FINDINGS.facts, rule=FINDINGS.rule)


def behaviours(path: str, name: str, key: tuple[Source, ...]) -> Rows:
    """Rows that are one behaviour each, or the one behaviour of a row."""
    return Rows(path, name, key, BEHAVIOUR, (HELD_OUT, WITHOUT, MEASURED))


AUDIT = (
    Rows("", "coverage", (), {"counts": Many("coverage", ("patches", "runs", "records"))}),
    Rows(
        "patches",
        "patch",
        ("id",),
        {
            "spec": "spec",
            "before": Many("before", ("revision", "commit", "label", "date")),
            "after": Many("after", ("revision", "commit", "label", "date")),
            "changes": Many("changes", ("added", "removed", "reworded", "moved")),
            "sections": Many("sections", ("added", "removed")),
            "renamed": "sections.renamed[].after",
            "authority renamed": "authority_renamed[].after",
            "directions": Keyed("directions", DIRECTIONS),
            "verdict": Word("verdict", VERDICTS),
            "hiding": Many("", ("hiding_suspected", Word("mechanisms", MECHANISMS))),
            "stream": Many("stream", ("number", "p_value", "level", "survives")),
        },
        (behaviours("behaviours", "behaviour", ("behaviour", "model")), FINDINGS),
    ),
    Rows(
        "open_gaps",
        "gap",
        ("spec", "behaviour", "model", "suite"),
        {
            "role": Word("role", ROLES),
            "since": Many("", ("since", "revision", "checkpoint")),
            **rates("test", "held_out"),
        },
        (FINDINGS,),
    ),
    Rows(
        "checkpoint_steps",
        "training",
        ("spec", "behaviour", "model", "step.before_checkpoint"),
        {},
        (behaviours("", "behaviour", ("behaviour",)), FINDINGS),
    ),
    Rows(
        "periods",
        "window",
        ("spec", "quarter", "behaviour.behaviour", "behaviour.model", "behaviour.fingerprint"),
        {"open": "open", "steps": Word("steps", VERDICTS), "names": Length("names")},
        (behaviours("behaviour", "behaviour", ("behaviour",)), FINDINGS),
    ),
    finding_rows("spec_findings", "of the text"),
    finding_rows("waiver_findings", "of waivers"),
    WAIVERS,
    Rows("excused", "excused", (Word("check", RULES), "fingerprint"), {"by": "waiver"}),
    Rows(
        "plans",
        "plan",
        ("suite", "model", "checkpoint", "revision"),
        {"state": Word("state", PLAN_STATES), "planned": Many("", ("planned", "age_days")), "runs": Length("runs")},
        (FINDINGS,),
    ),
    Rows(
        "held_out_uses",
        "uses",
        ("spec", "suite"),
        {"counts": Many("", ("uses", "decisions", "revealed", "allowed", "overused")), "leaked": "leaked_into"},
        (FINDINGS,),
    ),
    Rows(
        "evidence_debts",
        "debt",
        ("spec", "patch"),
        {"owed": Many("", ("owed[].behaviour", "owed[].model", "landed", "due"))},
    ),
    Rows("landings", "landing", ("commit",), {"of": Many("", ("landed", "patched"))}, (FINDINGS,)),
    Rows("", "not assessed", (), {"count": Length("not_assessed")}),
)


def entries(level: str) -> Rows:
    """What a decision says at one level."""
    return Rows(
        level,
        level,
        (Word("check", RULES), "patches", "behaviour", "model", Fingerprint("fingerprint", "check")),
        {
            "is": Many("", ("spec", "place.path", "place.line", "waiver", Records("evidence"))),
        },
        rule="check",
    )


GATE = (
    Rows("", "decision", (), {"exit code": "exit_code", "sides": Many("", ("base", "head"))}),
    Rows("judged", "judged", ("id",), {"of": Many("", ("spec", "before.revision", "after.revision", "after.commit"))}),
    *map(entries, ("blocked", "missing", "warnings", "waived", "notices")),
    WAIVERS,
)

REPORT = (
    Rows(
        "",
        "report",
        (),
        {
            "period": Many("period", ("since", "until")),
            "head": "head",
            "records": Many("records", ("records", "number", "unsealed", "faults")),
            "root": Records("records.root"),
            "policy": Many(
                "policy",
                ("error_rate", "transfer_threshold", "unchanged_margin", "zero_tolerance", "false_discovery_rate"),
            ),
            "blocks on": Word("policy.block_on", RULES),
            "earlier": Many("compared_with", ("batch", "records", "gone", "commit", "landed", "rewritten")),
        },
    ),
    Rows(
        "specs",
        "spec",
        ("spec",),
        {
            "period": "period",
            "flagged": "flagged",
            "carried over": "carried_over",
            "later": "later",
            "new": "since_last.new",
            "lost": "since_last.lost",
            "orphans": "eval_prompts_orphaned",
        },
        (
            Rows(
                "since_last.verdicts",
                "verdict",
                ("patch", "behaviour", "model", "after_checkpoint"),
                {
                    "verdicts": Many("", (Word("before", VERDICTS), Word("after", VERDICTS))),
                    "hiding": "hiding_suspected",
                },
            ),
            Rows(
                "since_last.gaps",
                "gap",
                ("behaviour", "model", "suite"),
                {
                    "became": Word("became", BECAME),
                    "open": Many("", ("before.open", "after.open")),
                    **rates("before.test", "before.held_out", "after.test", "after.held_out"),
                },
            ),
            Rows(
                "suites",
                "suite",
                ("suite", "behaviour"),
                {"role": Word("role", ROLES), "uses": Many("", ("registered", "uses", "allowed", "overused"))},
            ),
            Rows(
                "series",
                "series",
                ("behaviour", "model"),
                {},
                (
                    Rows(
                        "points",
                        "point",
                        ("revision", "checkpoint"),
                        {"seen": Many("", ("spec_commit", "day"))},
                        (
                            Rows(
                                "rates",
                                "suite",
                                ("suite",),
                                {"role": Word("role", ROLES), "rate": Many("rate", RATE_PARTS)},
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
)

VERIFY = (
    Rows(
        "",
        "store",
        (),
        {
            "exit code": "exit_code",
            "counts": Many("counts", ("items?", "records?", "plans?")),
            "unknown": Length("unknown_kinds"),
            "unsealed": Length("unsealed"),
            "faults": Length("faults"),
            "against": Length("against"),
        },
    ),
    Rows("checkpoints", "checkpoint", ("number",), {"ids": "ids", "root": Records("root")}),
)

COUNTS: Source = Many("changes", ("added", "removed", "reworded", "moved"))
LOG = (
    Rows(
        "specs",
        "spec",
        ("spec",),
        {},
        (
            Rows(
                "commits",
                "commit",
                (),
                {
                    "seen": Many("", ("commit", "revision", "date")),
                    "clauses": "clauses",
                    "changes": COUNTS,
                    "patch": "patch",
                    "verdict": Word("verdict", VERDICTS),
                },
                (
                    Rows(
                        "behaviours",
                        "behaviour",
                        ("behaviour", "model"),
                        {"verdict": Word("verdict", VERDICTS), **rates("test.before", "test.after")},
                    ),
                ),
            ),
        ),
    ),
)

CLAUSE_PARTS = ("path", "line", "end", "anchor")
CHANGED: Mapping[str, Source] = {
    "is": Many(
        "",
        (
            Word("kind", CHANGES),
            "moved",
            "similarity",
            Word("direction", DIRECTIONS),
            *(f"{side}[].{part}" for side in ("before", "after") for part in CLAUSE_PARTS),
            Length("attributes"),
            Word("grounds[].direction", DIRECTIONS),
        ),
    ),
}
DIFF = (
    Rows(
        "specs",
        "spec",
        ("spec",),
        {
            "sides": Many("", ("before.revision", "after.revision")),
            "counts": Many("counts", ("added", "removed", "reworded", "moved")),
            "renamings": Many("", ("renamings[].before", "renamings[].after")),
        },
        (Rows("changes", "change", (), CHANGED),),
    ),
)

PLACE_PARTS = tuple(f"state.clause.{part}" for part in CLAUSE_PARTS)
BLAME = (
    Rows(
        "",
        "clause",
        (),
        {
            "is": Many("", ("state.id", "state.there", *PLACE_PARTS)),
            "seen": Many("state.spec_commit", ("commit", "revision")),
            "relatives": Many("", ("parent", "heir")),
        },
    ),
    Rows(
        "events",
        "event",
        (),
        {"word": Word("word", CHANGES), "seen": Many("spec_commit", ("commit", "revision")), "patch": "patch"},
        (Rows("change", "change", (), CHANGED),),
    ),
    Rows(
        "section",
        "member",
        (),
        {
            "is": Many("", ("state.id", "state.there", *PLACE_PARTS, Word("word", CHANGES), "spec_commit.commit")),
        },
    ),
)

CHOICES: Source = Many("", ("choices[].epochs", "choices[].items", "choices[].samples"))
PLAN = (
    Rows(
        "patches",
        "patch",
        ("patch",),
        {"date": Moment("date")},
        (
            Rows(
                "plans",
                "plan",
                ("behaviour", "model"),
                {
                    "verdict": Word("verdict", VERDICTS),
                    "missing": Word("missing", MISSING),
                    "test": Many("test", ("before", "after", "worth", "correlation", "fall", "no_fall")),
                    "test choices": Many("test", ("choices[].epochs", "choices[].items", "choices[].samples")),
                },
                (
                    Rows(
                        "held_out",
                        "suite",
                        ("suite",),
                        {
                            "role": Word("role", ROLES),
                            "now": Many("", ("rate", "items", "worth", "correlation", "epochs", "runs")),
                            "needed": Many("", ("stayed", "carried", "either", "as_measured")),
                            "choices": CHOICES,
                            "curve": Many("", ("curve[].samples", "curve[].stayed", "curve[].carried")),
                        },
                    ),
                ),
            ),
        ),
    ),
)
TABLES: Mapping[str, tuple[Rows, ...]] = {
    "audit": AUDIT,
    "gate": GATE,
    "report": REPORT,
    "verify": VERIFY,
    "log": LOG,
    "diff": DIFF,
    "blame": BLAME,
    "plan": PLAN,
}
# The audit inside of a report has the facts of its own, which stand in full under the audit of the same history.
REPORTED_AUDIT = "audit"

# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """Takes facts out of documents of one repository; `records` says whether its records are committed data."""

    commits: Mapping[str, str]
    records: bool

    def facts(self, verb: str, text: str) -> Facts:
        """The facts of what a verb printed as JSON."""
        document = json.loads(text)
        facts: Facts = {}
        for rows in TABLES[verb]:
            facts |= self._rows(rows, document, "")
        if verb == "report":
            whole = self.facts("audit", json.dumps(document[REPORTED_AUDIT]))
            facts["audit"] = hashlib.sha256("\n".join(lines(whole)).encode()).hexdigest()
        return facts

    def _rows(self, rows: Rows, node: Json, prefix: str) -> Facts:
        found = at(node, rows.path)
        facts: Facts = {}
        keys: set[str] = set()
        for place, row in enumerate(found if isinstance(found, list) else [found]):
            if row is None or not _counts(row, rows.rule) or (rows.wanted and at(row, rows.wanted) is None):
                continue
            key = "|".join(self._label(row, source) for source in rows.key) or f"{place:02d}"
            while key in keys:
                key += "+"
            keys.add(key)
            name = f"{prefix}{rows.name}/{key}/" if isinstance(found, list) else f"{prefix}{rows.name}/"
            values = {f"{name}{fact}": self._value(row, source) for fact, source in rows.facts.items()}
            facts |= {fact: value for fact, value in values.items() if value is not None and value != []}
            for inner in rows.rows:
                facts |= self._rows(inner, row, name)
        return facts

    def _label(self, row: Json, source: Source) -> str:
        value = self._value(row, source)
        parts = value if isinstance(value, list) else [value]
        return ",".join("-" if part is None else _short(str(part)) for part in parts)

    def _value(self, row: Json, source: Source) -> Json:
        match source:
            case Word(path, table):
                return _worded(at(row, path), table)
            case Keyed(path, table):
                found = at(row, path)
                assert isinstance(found, dict)
                return {str(_worded(name, table)): self._plain(value) for name, value in sorted(found.items())}
            case Many(path, parts):
                whole = at(row, path)
                return None if whole is None else [self._value(whole, part) for part in parts]
            case Ruling(path, name, parts):
                suites, ruling = at(row, path), at(row, name)
                assert isinstance(suites, list)
                return next(
                    ([self._value(suite, part) for part in parts] for suite in suites if at(suite, "suite") == ruling),
                    None,
                )
            case Limits(path, part):
                whole = at(row, path)
                exact = self._plain(at(whole, part))
                limits = at(whole, f"bounds.{part}?")
                given = [self._plain(at(limits, end)) for end in ("low", "high")]
                return given if limits is not None else None if exact is None else [exact, exact]
            case Moment(path):
                return datetime.fromisoformat(str(at(row, path))).isoformat()
            case Chosen(path, wanted, value):
                rows = at(row, path)
                assert isinstance(rows, list)
                return [self._plain(at(part, value)) for part in rows if at(part, wanted) is not None]
            case Length(path):
                found = at(row, path)
                assert found is None or isinstance(found, list), (found, path)
                return len(found or ()) or None
            case Records(path):
                found = at(row, path)
                if self.records:
                    return self._plain(found)
                return len(found) if isinstance(found, list) else found is not None
            case Fingerprint(path, rule):
                return None if at(row, rule) in NAMED_BY_WORDS else at(row, path)
            case str(path):
                return self._plain(at(row, path))

    def _plain(self, value: Json) -> Json:
        """A value with floats rounded, commits as their places, and ids of 64 digits cut to 12."""
        match value:
            case float():
                return _rounded(value)
            case str():
                return self.commits.get(value, _short(value))
            case list():
                return [self._plain(part) for part in value]
            case None | bool() | int():
                return value
        raise TypeError(f"{value!r} is no value of a fact")


def at(node: Json, path: str) -> Json:
    """What stands at a dotted path: `x[].y` is the list of every y, under null all is null, `x?` may be missing."""
    name, _, rest = path.partition(".")
    if not name or node is None:
        return node
    key = name.removesuffix("?").removesuffix("[]")
    assert isinstance(node, dict), (node, path)
    found = node.get(key) if name.endswith("?") else node[key]
    if name.endswith("[]"):
        assert isinstance(found, list), (found, path)
        return [at(part, rest) for part in found]
    return at(found, rest)


def lines(facts: Facts) -> Iterator[str]:
    """The facts, one a line, sorted by key."""
    for key in sorted(facts):
        yield f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(facts[key], ensure_ascii=False)}"


def places_of_commits(repository: Path) -> dict[str, str]:
    """Every commit of a repository by its place, parents first."""
    call = ["git", "rev-list", "--all", "--topo-order", "--reverse"]
    done = subprocess.run(call, cwd=repository, capture_output=True, text=True, check=True)
    return {commit: f"commit {place:02d}" for place, commit in enumerate(done.stdout.split())}


def _counts(row: Json, rule: str | None) -> bool:
    if rule is None:
        return True
    name = at(row, rule)
    return name in CATALOGUE or name in RULES


def _worded(value: Json, table: Mapping[str, Json]) -> Json:
    match value:
        case None:
            return None
        case list():
            return [_worded(part, table) for part in value]
        case str() if table is RULES and value in CATALOGUE:
            return value
        case str():
            return table[value]
    raise TypeError(f"{value!r} is no word")


def _rounded(value: float) -> float:
    if abs(value) >= 1:
        return float(f"{value:.6g}")
    return round(value, 6) if abs(value) >= 0.001 else float(f"{value:.3g}")


def _short(text: str) -> str:
    is_id = len(text) == 64 and not set(text) - set("0123456789abcdef")
    return text[:12] if is_id else text
