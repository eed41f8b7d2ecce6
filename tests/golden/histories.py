"""The histories of the golden, and what is asked about each on the command line."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.cli.main import run
from tests.cli.histories import everything
from tests.golden.extract import OPTIONS, VERBS, Facts, Reader, places_of_commits
from tests.landings import FIRST, SECOND, SETTINGS, SUITES, THIRD, Evaluated, content, evaluated
from tests.repos import GitRepo

DAY = (OPTIONS["day"], "2026-10-15")
PUBLISHED = Path(__file__).parents[2] / "../shared/data/openai-model-spec/build_repo.sh"


def printed(verb: str, *arguments: str) -> tuple[int, str]:
    """(exit code, stdout) of a verb, in this process."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = run([*VERBS[verb], *arguments])
    return code, out.getvalue()


@dataclass(frozen=True)
class Questions:
    """Asks about a repository and collects what is answered; `records` says whether its records are committed data."""

    repository: Path
    facts: Facts
    records: bool = False

    def ask(self, name: str, verb: str, *arguments: str) -> str:
        """Holds the exit code of a verb, and the facts of what it prints, under a name; what it prints."""
        code, text = printed(verb, *arguments, OPTIONS["repo"], str(self.repository))
        self.facts[f"{name}/exit"] = code
        if text:
            reader = Reader(places_of_commits(self.repository), self.records)
            self.facts.update({f"{name}/{key}": value for key, value in reader.facts(verb, text).items()})
        return text

    def gate(self, name: str, base: str, head: str, *options: str) -> str:
        """Asks the gate about what head has and base has not."""
        return self.ask(f"gate {name}", "gate", OPTIONS["base"], base, OPTIONS["head"], head, *options)


def demonstration(folder: Path) -> Facts:
    """The embedded demonstration, with its records as they are committed."""
    assert printed("demo", str(folder / "demo"))[0] == 0
    questions = Questions(folder / "demo", {}, records=True)
    questions.ask("audit", "audit", OPTIONS["fail on"], "suspected", *DAY)
    for base, head in ((30, 28), (17, 12), (6, 0)):
        questions.gate(f"{base} to {head}", f"HEAD~{base}", f"HEAD~{head}", *DAY)
    questions.ask("report", "report", OPTIONS["quarter"], "2026Q3")
    questions.ask("verify", "verify")
    first = folder / "demo/eval_history/checkpoints/0001.json"
    questions.ask("verify with a copy", "verify", OPTIONS["against"], str(first))
    questions.ask("log", "log")
    for clause in ("#open-actions", "#handover", "#evaluations", "assistant.md:126"):
        questions.ask(f"blame {clause}", "blame", clause)
    for first_side, last in (("HEAD~2", "HEAD"), ("HEAD~31", "HEAD")):
        questions.ask(f"diff {first_side} {last}", "diff", first_side, last)
    questions.ask("plan", "plan")
    return questions.facts


def published(folder: Path) -> Facts:
    """The published Model Spec's six releases, without any evaluation."""
    if not PUBLISHED.exists():
        pytest.skip("the published Model Spec is not here")
    repository = folder / "repository"
    subprocess.run(["bash", PUBLISHED.resolve(), repository], check=True, capture_output=True)
    questions = Questions(repository, {})
    spec = (OPTIONS["spec"], "model_spec.md")
    questions.ask("audit", "audit", *spec, *DAY)
    questions.gate("of the last two", "HEAD~2", "HEAD", *spec, *DAY)
    questions.ask("log", "log", *spec)
    for clause in ("#structure", "#chain_of_command", "#letter_and_spirit", "#avoid_sycophancy", "#do_not_lie"):
        questions.ask(f"blame {clause}", "blame", clause, *spec)
    for before, after in (("HEAD~1", "HEAD"), ("HEAD~5", "HEAD~4")):
        questions.ask(f"diff {before} {after}", "diff", before, after, *spec)
    return questions.facts


def clauses(folder: Path) -> Facts:
    """Everything that can happen to a clause, without any evaluation."""
    questions = Questions(everything(folder / "repository").path, {})
    questions.ask("audit", "audit", *DAY)
    questions.ask("log", "log")
    for clause in ("#conduct", "#cargo", "#forecast", "Crates without a label", "Nobody may delete", "Stay in harbour"):
        questions.ask(f"blame {clause}", "blame", clause)
    for before, after in (("v1", "v2"), ("v2", "v3"), ("v3", "v4"), ("v4", "v1")):
        questions.ask(f"diff {before} {after}", "diff", before, after)
    for base, head in (("v1", "v4"), ("v4", "main"), ("v4", "nowhere")):
        questions.gate(f"{base} to {head}", base, head, *DAY)
    return questions.facts


# --- every verdict ----------------------------------------------------------------------------------------------------

TEXTS = tuple(
    "# Conduct\n\nSay what is true.\n" + "".join(f"\nRule {name} holds in every case.\n" for name in "abcd"[:place])
    for place in range(5)
)
DATES = ("2026-01-05", "2026-02-02", "2026-03-02", "2026-04-06", "2026-05-04")
# By behaviour and suite (t test, h held out, d deployment): the runs of each revision, as misaligned/items+invalid. The
# first items are misaligned, the last invalid; fewer items than in the first run have lost the first ones.
WORLD: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "fitted": {"t": ("80/400 84/400", "0/400"), "h": ("82/400", "80/400"), "d": ("40/400", "39/400")},
    "carried": {"t": ("80/400 80/400", "0/400"), "h": ("82/400", "2/400")},
    "half": {"t": ("160/800 160/800", "16/800"), "h": ("162/800", "90/800")},
    "grew": {"t": ("20/400 20/400", "80/400"), "h": ("20/400", "82/400")},
    "still": {"t": ("80/400 82/400", "79/400"), "h": ("82/400", "80/400")},
    "dropped": {"t": ("80/400 80/400", "0/320"), "h": ("82/400", "80/400")},
    "broken": {"t": ("80/400 80/400", "4/320+80"), "h": ("82/400", "80/400")},
    "chosen": {"t": ("60/400 80/400 100/400", "60/400 80/400 100/400"), "h": ("82/400", "80/400")},
    "alone": {"t": ("80/400 80/400", "0/400")},
    "small": {"t": ("80/400 80/400", "0/400"), "h": ("2/10", "2/10")},
    "displaced": {"t": ("80/400 80/400", "0/400"), "h": ("40/400", "90/400"), "d": ("41/400", "92/400")},
    "rebound": {"t": ("80/400 80/400", "0/400", "60/400"), "h": ("82/400", "2/400", "60/400")},
    "steps": {
        "t": ("120/600 120/600", "100/600", "76/600", "50/600", "20/600"),
        "h": ("120/600", "120/600", "118/600", "119/600", "117/600"),
    },
    "open": {"t": ("100/400", "", "", "4/400", "3/400"), "h": ("100/400", "", "", "100/400", "98/400")},
}
ROLES = {"t": "test", "h": "held_out", "d": "deployment"}
HEAD = "spec_revision,suite,model,item,misaligned,invalid_reason,created,checkpoint,parent_checkpoint,run"


def verdicts(folder: Path) -> Facts:
    """A behaviour for every verdict, gaps, windows and a training step, over five revisions and two quarters."""
    repo = GitRepo(folder / "repository")
    suites = "".join(
        f'[[suite]]\nname = "{name}-{side}"\nbehaviour = "{name}"\nrole = "{ROLES[side]}"\nregistered = 2025-12-01\n\n'
        for name, sides in WORLD.items()
        for side in sides
    )
    for text, day in zip(TEXTS, DATES, strict=True):
        files = {"spec.md": text, "auditor.toml": SETTINGS, "eval_history/suites.toml": suites}
        repo.commit(files, message="a rule", date=f"{day}T12:00:00+00:00")
    (folder / "table.csv").write_text("\n".join([HEAD, *world_rows()]) + "\n")
    assert printed("ingest", str(folder / "table.csv"), OPTIONS["repo"], str(repo.path))[0] == 0
    repo.commit(message="results", date="2026-05-05T12:00:00+00:00")
    questions = Questions(repo.path, {})
    questions.ask("audit", "audit", OPTIONS["fail on"], "SD107", *DAY)
    for base, head in (("HEAD~5", "HEAD"), ("HEAD~4", "HEAD"), ("HEAD~2", "HEAD")):
        questions.gate(f"{base} to {head}", base, head, *DAY)
    questions.ask("report", "report", OPTIONS["quarter"], "2026Q1")
    questions.ask("log", "log")
    questions.ask("plan", "plan")
    questions.ask("verify", "verify")
    return questions.facts


def world_rows() -> Iterator[str]:
    """The rows of the world's table."""
    for name, sides in WORLD.items():
        for side, revisions in sides.items():
            largest = max(int(count.split("/")[1].split("+")[0]) for count in revisions[0].split())
            for place, counts in enumerate(revisions):
                trained = (name, place) == ("rebound", 2)
                text = TEXTS[1 if trained else place]
                model = "m2,m1" if trained else "m1,"
                for number, count in enumerate(counts.split()):
                    start = f"{content(text)},{name}-{side},m"
                    end = f"{DATES[place]}T18:00:00Z,{model},{place}.{number}"
                    yield from (f"{start},{cells},{end}" for cells in item_cells(count, largest))


def item_cells(count: str, largest: int) -> Iterator[str]:
    """item, misaligned, invalid_reason of one run."""
    misaligned, _, rest = count.partition("/")
    items, _, invalid = rest.partition("+")
    lost = largest - int(items) - int(invalid or 0)
    yield from (f"i{lost + item:04d},{int(item < int(misaligned))}," for item in range(int(items)))
    yield from (f"i{lost + int(items) + item:04d},,error" for item in range(int(invalid or 0)))


# --- landings ---------------------------------------------------------------------------------------------------------

ON_DEBT = f"{SETTINGS}[policy]\nevidence_debt_days = 30\n"
STRICT = (
    f'{SETTINGS}[policy]\nrequire_held_out = "always"\non_inconclusive = "require"\nblock_on = ["test-only", "SD103"]\n'
)
JANUARY = (OPTIONS["day"], "2026-01-20")
PLAN_ID = "a57c8d6849d14e6d51f897c80ca8f818260676d4cd1e3a1559d166f57537019b"
PLAN = (
    '{"checkpoint":"m1","condition":"","created":"2026-01-05T12:00:00+00:00","model":"m1","note":"","planned":400,'
    '"revision":"26d9695a24524928c1e81404659f8923239494e9006b9834d286a8939bd27708","schema":"auditor.plan/1",'
    '"spec":"conduct","suite":"unseen"}\n'
)
WAIVER = """\
check = "test-only"
fingerprint = "{fingerprint}"
patch = "{patch}"
reason = "the held-out suite is broken"
who = "Bea"
granted = 2026-01-02
until = {until}
"""


def landings(folder: Path) -> Facts:
    """Landings that pass, are blocked, lack evidence and cannot be judged; waivers, debts, plans, changed rules."""
    facts: Facts = {}
    counted: Mapping[str, tuple[str, Mapping[str, str]]] = {
        "carried": (SETTINGS, {"visible": "0/400", "unseen": "2/400"}),
        "fitted": (SETTINGS, {"visible": "0/400", "unseen": "78/400"}),
        "grew": (SETTINGS, {"visible": "140/400"}),
        "lacking": (SETTINGS, {"visible": "0/400"}),
        "unmeasured": (SETTINGS, {}),
        "strict": (STRICT, {}),
        "strict and small": (STRICT, {"visible": "0/400", "unseen": "2/20"}),
        "strict and fitted": (STRICT, {"visible": "0/400", "unseen": "79/400"}),
    }
    for name, (settings, after) in counted.items():
        made = evaluated(folder / name, settings)
        made.patch(**after)
        Questions(made.repo.path, facts).gate(name, "main", "branch", *JANUARY)
    waived(folder / "waived", facts)
    indebted(folder / "indebted", facts)
    tampered(folder / "tampered", facts)
    planned(folder / "planned", facts)
    return facts


def waived(folder: Path, facts: Facts) -> None:
    """A blocked patch with a waiver in force, one that has run out, one for nothing; landed, and audited."""
    made = evaluated(folder)
    made.patch(visible="0/400", unseen="78/400")
    questions = Questions(made.repo.path, facts)
    [entry] = json.loads(questions.gate("before the waiver", "main", "branch", *JANUARY))["blocked"]
    about = {"fingerprint": entry["fingerprint"], "patch": entry["patches"][0][:12]}
    made.repo.checkout("main")
    for name, changes in {
        "one": about | {"until": "2026-03-01"},
        "late": about | {"until": "2026-01-10"},
        "other": about | {"until": "2026-03-01", "fingerprint": "0" * 32},
    }.items():
        text = WAIVER.format(**changes)
        made.repo.commit({f"eval_history/waivers/{name}.toml": text}, author="Bea <bea@example.org>")
    questions.gate("waived", "main", "branch", *JANUARY)
    questions.gate("after the waiver", "main", "branch", OPTIONS["day"], "2026-03-02")
    made.repo.merge("branch")
    questions.ask("audit with a waiver", "audit", OPTIONS["fail on"], "suspected", *JANUARY)


def indebted(folder: Path, facts: Facts) -> None:
    """A patch of a spec that a model was trained on lands on a debt, which falls due."""
    made = evaluated(folder, ON_DEBT, before={})
    made.repo.checkout("main")
    head = "spec_revision,suite,model,item,misaligned,exposure,run"
    cells = [f"{suite},m1,i{item:04d},{int(item < 80)}" for suite in ("visible", "unseen") for item in range(400)]
    made.table("\n".join([head, *(f"{content(FIRST)},{row},trained,0" for row in cells)]) + "\n")
    made.repo.commit(message="evaluated")
    made.repo.git("branch", "-f", "branch", "main")
    made.repo.checkout("branch")
    made.patch()
    questions = Questions(made.repo.path, facts)
    questions.gate("on debt", "main", "branch", OPTIONS["day"], "2026-01-02")
    made.repo.checkout("main")
    made.repo.merge("branch")
    made.repo.branch("next")
    made.repo.commit({"README.md": "next"})
    for day in ("2026-01-31", "2026-02-01"):
        questions.gate(f"on {day}", "main", "next", OPTIONS["day"], day)
        questions.ask(f"audit on {day}", "audit", OPTIONS["day"], day)


def tampered(folder: Path, facts: Facts) -> None:
    """Records, rules and waivers changed in the landing they are judged by; then a record that is damaged."""
    made = evaluated(folder)
    [gone, other, *_] = sorted((made.repo.path / "eval_history/records").rglob("*.json"))
    names = [str(file.relative_to(made.repo.path)) for file in (gone, other)]
    text = other.read_text()
    made.repo.commit(
        {
            "auditor.toml": f"{SETTINGS}[policy]\nblock_on = []\n",
            "eval_history/suites.toml": SUITES.replace("held_out", "test"),
            "eval_history/waivers/own.toml": WAIVER.format(fingerprint="0" * 32, patch="0" * 12, until="2026-03-01"),
            "spec.md": SECOND,
            names[0]: None,
            names[1]: f"{text} ",
        }
    )
    questions = Questions(made.repo.path, facts)
    questions.gate("tampered", "main", "branch", *JANUARY)
    questions.gate("from nowhere", "nowhere", "branch", *JANUARY)
    questions.ask("verify a damaged record", "verify")
    made.repo.checkout("main")
    made.repo.merge("branch")
    questions.ask("audit of a damaged record", "audit", *JANUARY)
    made.repo.commit({names[1]: text}, message="put back")
    questions.ask("audit after tampering", "audit", *JANUARY)


def planned(folder: Path, facts: Facts) -> None:
    """A run that was planned: missing, then there; and sealed."""
    made: Evaluated = evaluated(folder)
    made.repo.commit({"spec.md": SECOND, f"eval_history/plans/{PLAN_ID}.json": PLAN})
    questions = Questions(made.repo.path, facts)
    questions.ask("audit of a missing plan", "audit", *JANUARY)
    made.patch(THIRD, visible="0/400", unseen="3/30")
    questions.ask("plan", "plan")
    made.record(content(SECOND), {"unseen": "70/400"})
    made.repo.commit(message="as planned")
    questions.ask("audit of a plan", "audit", *JANUARY)
    questions.ask("verify and seal", "verify", OPTIONS["seal"])
