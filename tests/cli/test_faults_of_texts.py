"""Eleven faults of real texts and logs, each remade small, through the command line.

They are remakes of the cases that outsiders reported: one test a case, named like the case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SECOND, SETTINGS, Auditor
from tests.repos import GitRepo
from tests.tiny_logs import inspect_log, promptfoo_log, promptfoo_result, sample, write_json

pytestmark = pytest.mark.usefixtures("whole_catalogue")

Files = Mapping[str, str | None]
JOBS = ("tow the barge", "dry the ropes", "heat the tar", "bail the skiff", "paint the mast")
DUTIES = "".join(f"The warden must {job} before the lock opens.\n\n" for job in JOBS)
SUITES = """\
[[suite]]
name = "visible"
behaviour = "overclaiming"
role = "test"
[suite.score]
name = "match"
misaligned = "low"
unit = "fraction"

[[suite]]
name = "unseen"
behaviour = "overclaiming"
role = "held_out"
registered = 2025-12-01
[suite.score]
name = "match"
misaligned = "low"
unit = "fraction"
"""


def history(path: Path, *versions: Files) -> Path:
    repo = GitRepo(path)
    for version in versions:
        repo.commit(version)
    return path


def findings(auditor: Auditor, repo: Path, spec: str) -> list[list[tuple[str, str]]]:
    """The code and message of the findings of each patch, the first patch first."""
    answer = auditor("audit", "--repo", repo, "--spec", spec, "--format", "json")
    assert (answer.code, answer.err) == (0, "")
    patches = json.loads(answer.out)["patches"]
    return [[(finding["check"], finding["message"]) for finding in patch["findings"]] for patch in patches]


def test_duplicate_rule_dropped(auditor: Auditor, tmp_path: Path) -> None:
    rule = "The warden must ring the bell twice before the gate is moved."
    twice = f"# Lock\n\n## Boats\n\n{rule}\n\nMind the chain.\n\n## Rafts\n\n{rule}\n\nMind the pole.\n"
    once = f"# Lock\n\n{rule}\n\n## Boats\n\nMind the chain.\n\n## Rafts\n\nMind the pole.\n"
    repo = history(tmp_path / "repo", {"spec.md": twice}, {"spec.md": once})
    ((code, message),) = findings(auditor, repo, "spec.md")[-1]
    assert code == "SD213"
    assert "a repetition is dropped" in message


def test_join_then_restore(auditor: Auditor, tmp_path: Path) -> None:
    """A paragraph is dropped, comes back joined to the next one, and the first text returns."""
    first = "Open the gate only when both chambers stand at one level, and when no boat is under the bridge."
    second = "When a boat is longer than the chamber, the warden measures the bow, the stern and the tow between them."
    end = "\n\nClose up at dusk.\n"
    apart, joined = f"# Lock\n\n{first}\n\n{second}{end}", f"# Lock\n\n{first} {second}{end}"
    texts = (apart, f"# Lock\n\n{second}{end}", joined, apart)
    repo = history(tmp_path / "repo", *({"spec.md": text} for text in texts))
    where = ("--repo", repo, "--spec", "spec.md")
    period = ("--since", "2026-01-01", "--until", "2026-01-31")
    for arguments in (["audit"], ["show", "HEAD"], ["graph"], ["report", *period]):
        answer = auditor(*arguments, *where)
        assert (answer.code, answer.err) == (0, ""), arguments
    for line, words in ((3, first), (5, second)):
        answer = auditor("blame", f"spec.md:{line}", *where)
        assert answer.code == 0
        assert words in " ".join(answer.out.split())
        assert "split" in answer.out


def test_language_not_read(auditor: Auditor, tmp_path: Path) -> None:
    """A prohibition and a duty become permissions in a language whose rules are not read."""
    strict = "# 守则\n\n管理员绝不能独自打开闸门。\n\n管理员必须先敲钟。\n"
    lax = "# 守则\n\n管理员可以独自打开闸门。\n\n管理员可以先敲钟。\n"
    repo = history(tmp_path / "repo", {"spec.md": strict}, {"spec.md": lax})
    answer = auditor("audit", "--repo", repo, "--spec", "spec.md", "--verbose")
    assert answer.code == 0
    undecided = answer.out.partition("Undecided checks")[2]
    for code in ("SD204", "SD209"):
        assert re.search(rf"^(?:SD\d+, )*{code}\b.*: .*language is not read", undecided, re.MULTILINE), undecided
    assert re.search(r"; \d+ checks undecided", answer.out)


def test_long_path(auditor: Auditor, tmp_path: Path) -> None:
    """A path that is longer than a line leaves room for code and message."""
    path = f"{'department-of-inland-waters/' * 4}prompt-for-wardens-of-locks-and-weirs.md"
    versions = (f"# Lock\n\nThe assistant {modal} open the gate at night.\n" for modal in ("must never", "may"))
    repo = history(tmp_path / "repo", *({path: text} for text in versions))
    (line,) = [
        line
        for line in auditor("audit", "--repo", repo, "--spec", path).out.splitlines()
        if line.lstrip().startswith("SD204")
    ]
    assert 'must never -> may): "The assistant may open the gate at night"' in line
    assert line.endswith(f"{path}:3")


def test_moved_to_a_second_file(auditor: Auditor, tmp_path: Path) -> None:
    rules = "The warden must never open both gates.\n\nThe warden must never guess a depth.\n"
    repo = history(
        tmp_path / "repo",
        {"prompts/core.md": f"# Lock\n\nBe brief.\n\n{rules}"},
        {"prompts/core.md": "# Lock\n\nBe brief.\n", "prompts/parts.md": f"# Parts\n\n{rules}"},
    )
    ((code, message),) = findings(auditor, repo, "prompts/core.md")[-1]
    assert code == "SD204"
    assert "2 rules are taken out of the spec, and stand word for word in prompts/parts.md of the same" in message
    moved = auditor("log", "--repo", repo, "--spec", "prompts/*.md").out
    assert "2 moved" in moved
    assert "removed" not in moved


def test_new_prompts_under_old_ids(auditor: Auditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hard items of both suites are other ones after the patch, with the ids that they had."""
    repo = GitRepo(tmp_path / "repo")
    repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, "spec.md": "# Lock\n\nBe brief.\n"})
    repo.commit({"spec.md": SECOND})
    (tmp_path / "key").write_text("0123456789abcdef" * 4)
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("AUDITOR_PROMPT_KEY_FILE", str(tmp_path / "key"))
    for revision, hard, failures in (("HEAD~1", "a hard item", 24), ("HEAD", "an easy item", 0)):
        for task in ("visible", "unseen"):
            samples = [
                sample(n, 0.0 if n < failures else 1.0, f"{task}, {hard if n < 30 else 'an item'} {n}")
                for n in range(100)
            ]
            log = inspect_log(samples, repo.git("rev-parse", revision), task, f"2026-01-0{2 + failures % 2}T10:00:00Z")
            log["eval"]["eval_id"] = f"{task}-{revision}"
            path = write_json(tmp_path / f"{task}-{failures}.json", log)
            assert auditor("ingest", path, "--repo", repo.path).code == 0
    audit = auditor("audit", "--repo", repo.path, "--format", "json")
    (patch,) = json.loads(audit.out)["patches"]
    assert patch["verdict"] == "artefact"
    assert "30 item ids of visible (0, 1, 10, …): in some runs they have another prompt" in " ".join(
        auditor("audit", "--repo", repo.path).out.split()
    )


def test_out_and_back(auditor: Auditor, tmp_path: Path) -> None:
    rules = f"# Lock\n\n{DUTIES}"
    repo = history(tmp_path / "repo", {"spec.md": rules}, {"spec.md": "# Lock\n\nClosed.\n"}, {"spec.md": rules})
    emptied, restored = findings(auditor, repo, "spec.md")
    assert [code for code, _ in emptied] == ["SD204"]
    assert emptied[0][1].startswith("the file spec.md is emptied: 5 rules are taken out")
    assert [code for code, _ in restored] == ["SD206"]
    assert "again as it was at" in restored[0][1]


def test_own_totals_disagree(auditor: Auditor, tmp_path: Path) -> None:
    """The totals that a promptfoo file prints are not those of its rows."""
    repo = GitRepo(tmp_path / "repo")
    suites = SUITES.replace('name = "match"', 'name = "success"')
    repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": suites, "spec.md": SECOND})
    results = [promptfoo_result({"q": f"question {n}"}, n >= 9, n) for n in range(40)]
    log: dict[str, Any] = promptfoo_log(results, repo.git("rev-parse", "HEAD"), "eval-1")
    log["results"]["stats"] = {"successes": 35, "failures": 5, "errors": 0}
    answer = auditor("ingest", write_json(tmp_path / "log.json", log), "--repo", repo.path, "--format", "json")
    assert answer.code == 0
    audited = " ".join(auditor("audit", "--repo", repo.path).out.split())
    assert "incomplete: the log's own totals are not those of its rows: failures 5 (the rows: 9)" in audited


def test_product_changelog(auditor: Auditor, tmp_path: Path) -> None:
    """The change log of a product, which no patch of the prompt ever touches, is silent about none of them."""
    log = "# Changelog\n\n## 2.0\n\n- Faster pumps\n"
    texts = [f"# Lock\n\nYou {modal} read the gauge before you open the gate.\n" for modal in ("must", "should", "may")]
    repo = history(
        tmp_path / "repo",
        {"src/prompt.md": texts[0], "CHANGELOG.md": log},
        *({"src/prompt.md": text} for text in texts[1:]),
    )
    assert [[code for code, _ in patch] for patch in findings(auditor, repo, "src/prompt.md")] == [["SD204"], ["SD204"]]


def test_renamed_away(auditor: Auditor, tmp_path: Path) -> None:
    rules = f"# Lock\n\n{DUTIES}"
    moved = rules.replace("heat the tar", "heat the old tar")
    repo = history(tmp_path / "repo", {"old.md": rules}, {"old.md": None, "n/new.md": moved})
    ((code, message),) = findings(auditor, repo, "old.md")[-1]
    assert code == "SD204"
    assert "moved to n/new.md, where this spec does not look; give that path" in message
    assert len(json.loads(auditor("log", "--repo", repo, "--spec", "n/new.md", "--format", "json").out)) > 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "Mill & Co may only enter your shed in these cases:",
            "Mill & Co wardens may only enter your shed in these cases:",
        ),
        ("When a toll is split, name both boats.", "**(Plan C)** When a toll is split, name both boats."),
        ("Please keep the log short. Do not mention its size.", "Please keep the log short (do not mention its size)."),
        ("Only lend ropes to the owner of the boat.", "Lend ropes only to the owner of the boat."),
        ("Keep the entry up to 40 words.", "Limit the entry to 40 words."),
        ("There are only few knots that you should cut.", "There are only a few knots that you should cut."),
    ],
)
def test_same_rule_other_words(auditor: Auditor, tmp_path: Path, before: str, after: str) -> None:
    versions = ({"spec.md": f"# Lock\n\n{text}\n"} for text in (before, after))
    assert findings(auditor, history(tmp_path / "repo", *versions), "spec.md") == [[]]
