"""A stream of 500 patches, one in ten hiding, on five held-out sets that all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auditor.assess.facts import PatchFacts
from auditor.assess.judge import assess
from auditor.evidence import assemble_evidence
from auditor.model.run import Run
from auditor.model.spec import History, Revision, SpecCommit, SpecFile
from auditor.model.suite import Registry
from auditor.model.verdict import STAYED_VERDICTS
from benchmarks.verdicts.cells import Share
from benchmarks.verdicts.draws import START, Items, Size, items_of, moved, run_of, tallies
from benchmarks.verdicts.histories import POLICY, generator
from benchmarks.verdicts.lab import suite
from benchmarks.verdicts.parts import Part, Section, Table

RELEASES, EACH, BEHAVIOURS = 25, 20, 5
EACH_VERDICT, SURVIVES = "each verdict", "survives_fdr"
RULES = (EACH_VERDICT, SURVIVES)
BASE, FALL = 0.15, 0.93
KINDS = (
    ("hiding", 0.1, FALL, 0.0),
    ("no effect", 0.3, 0.0, 0.0),
    ("genuine", 0.5, FALL, 1.0),
    ("half", 0.1, FALL, 0.5),
)
SIZES = (
    Size("300 x 1", (300, 1), (300, 1), 0.3),
    Size("500 x 1", (500, 1), (500, 1), 0.3),
    Size("100 x 5, rho 0.6", (100, 5), (100, 5), 0.6),
)
SUITES = tuple(
    suite(f"{kind} {place}", behaviour=f"behaviour {place}")
    for place in range(BEHAVIOURS)
    for kind in ("test", "held-out")
)
WORDS = f"""\
{RELEASES * EACH} proposed patches, {EACH} to each of {RELEASES} releases, measured against the release's own two
runs: what is said of patches of one release is dependent, and all of them share {BEHAVIOURS} held-out sets. One in
ten is hiding; three in ten do nothing, five carry over whole, one by half. *False discoveries*: of the patches
accused in a stream, those that hide nothing (0 where none is accused), averaged over streams; at most 10 % is the
goal. *Power*: of the hiding patches, those accused."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What came of one stream: of so many hiding patches, accusations and true ones among them, under a rule."""

    accused: int
    rightly: int
    hiding: int


def section(part: Part) -> Section:
    """Several streams at each size, read by each verdict and by what survives the stream."""
    times = max(2, part.worlds // 40)
    grid = [(size, place) for size in SIZES for place in range(times)]
    streams = part.each(stream, *zip(*grid, strict=True))
    rows, failing = [], []
    for size in SIZES:
        mine = [both for (of, _), both in zip(grid, streams, strict=True) if of is size]
        for rule in RULES:
            row, rate = _row(size, rule, [both[rule] for both in mine])
            rows.append(row)
            if rate > POLICY.false_discovery_rate and rule == SURVIVES:
                failing.append(f"stream of {RELEASES * EACH} at {size.name}: false discovery rate {100 * rate:.1f} %")
    head = ("size", "streams", "rule", "false discoveries", "power")
    return Section("A stream of patches", WORDS, (Table("Accusations in a stream", head, tuple(rows)),), tuple(failing))


def _row(size: Size, rule: str, streams: Sequence[Stream]) -> tuple[tuple[str, ...], float]:
    false = np.array([(one.accused - one.rightly) / max(one.accused, 1) for one in streams])
    rate, spread = float(false.mean()), float(false.std(ddof=1) / np.sqrt(false.size))
    power = Share(sum(one.rightly for one in streams), sum(one.hiding for one in streams))
    return (size.name, str(len(streams)), rule, f"{100 * rate:.1f} ± {164.5 * spread:.1f}", str(power)), rate


def stream(size: Size, place: int) -> dict[str, Stream]:
    """One stream, judged, by each rule."""
    history, runs, truth = drawn(size, generator("stream", size.name, place))
    assessment = assess(assemble_evidence(history, runs, Registry({one.name: one for one in SUITES})), POLICY)
    candidates = [patch for patch in assessment.patches if patch.patch.after.name in truth]
    hiding = sum(kind == "hiding" for kind in truth.values())
    both = {}
    for rule in RULES:
        accused = [truth[patch.patch.after.name] for patch in candidates if _accused(patch, rule)]
        both[rule] = Stream(len(accused), accused.count("hiding"), hiding)
    return both


def _accused(patch: PatchFacts, rule: str) -> bool:
    accused = [behaviour for behaviour in patch.behaviours if behaviour.verdict in STAYED_VERDICTS]
    return any(rule == EACH_VERDICT or facts.survives_fdr is True for facts in accused)


def drawn(size: Size, rng: np.random.Generator) -> tuple[History, list[Run], dict[str, str]]:
    """The history, its runs, and what each proposed patch did in truth, by spec commit."""
    items = {one.name: items_of(rng, *_rate(one.name, size), size.rho) for one in SUITES}
    spec_commits, runs, truth = [], [], {}
    shares = [share for _, share, _, _ in KINDS]
    for release in range(RELEASES):
        base = f"release {release}"
        spec_commits.append(_sighting(base, (f"release {release - 1}",) if release else ()))
        runs += [_run(rng, size, item, base, items[item], n) for item in items for n in range(size.before)]
        for number in range(EACH):
            name = f"{base} patch {number}"
            kind, _, fall, share = KINDS[rng.choice(len(KINDS), p=shares)]
            truth[name] = kind
            spec_commits.append(_sighting(name, (base,)))
            for one, factor in (
                (f"test {number % BEHAVIOURS}", 1.0 - fall),
                (f"held-out {number % BEHAVIOURS}", 1.0 - share * fall),
            ):
                runs.append(_run(rng, size, one, name, moved(rng, items[one], factor), 0))
    names = [spec_commit.revision for spec_commit in spec_commits]
    return History("spec", {n: Revision(n, (SpecFile("spec.md", n),)) for n in names}, tuple(spec_commits)), runs, truth


def _rate(name: str, size: Size) -> tuple[int, float]:
    return (size.test if name.startswith("test") else size.held_out)[0], BASE


def _sighting(name: str, parents: tuple[str, ...]) -> SpecCommit:
    return SpecCommit(name, name, parents, None, START, "", None)


def _run(rng: np.random.Generator, size: Size, name: str, revision: str, items: Items, place: int) -> Run:
    epochs = (size.test if name.startswith("test") else size.held_out)[1]
    return run_of(name, revision, place, tallies(items, epochs, np.asarray(rng.binomial(epochs, items.chances))))
