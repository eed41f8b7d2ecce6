"""One event in a text is one finding, through the command line, on small real repositories."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Auditor, Said
from tests.repos import GitRepo

pytestmark = pytest.mark.usefixtures("whole_catalogue")

JOBS = ("fold the map", "oil the winch", "count the buoys", "wind the clock", "sweep the pier", "trim the lamp")
RULES = "# Pier\n\n" + "\n\n".join(f"The keeper must {job} before the ferry sails at night." for job in JOBS) + "\n"
Files = Mapping[str, str | None]
Messages = Callable[..., list[list[tuple[str, str]]]]


@pytest.fixture
def messages(auditor: Auditor, tmp_path: Path) -> Messages:
    """For each patch of a spec, the code and message of what is found in its text."""

    def audit(spec: str, *versions: Files) -> list[list[tuple[str, str]]]:
        repo = GitRepo(tmp_path / "repo")
        for version in versions:
            repo.commit(version)
        answer = auditor("audit", "--repo", repo.path, "--spec", spec, "--format", "json")
        assert (answer.code, answer.err) == (0, "")
        patches = json.loads(answer.out)["patches"]
        return [[(found["check"], found["message"]) for found in patch["findings"]] for patch in patches]

    return audit


def test_out_and_back_is_two_findings(messages: Messages) -> None:
    emptied, restored = messages("spec.md", {"spec.md": RULES}, {"spec.md": "# Pier\n\nClosed.\n"}, {"spec.md": RULES})
    assert [code for code, _ in emptied] == ["SD204"]
    assert emptied[0][1].startswith("the file spec.md is emptied: 6 rules are taken out: ")
    assert [code for code, _ in restored] == ["SD206"]
    assert "again as it was at" in restored[0][1]
    assert "6 clauses come back" in restored[0][1]


def test_a_revert_of_a_tightening_is_one_finding_with_what_it_weakens(messages: Messages) -> None:
    weak = RULES.replace("must fold", "may fold").replace("must oil", "should oil").replace("must count", "may count")
    later = "\nAsk the harbour office about fares.\n"
    patches = messages(
        "spec.md", {"spec.md": weak}, {"spec.md": RULES}, {"spec.md": RULES + later}, {"spec.md": weak + later}
    )
    ((code, message),) = patches[-1]
    assert code == "SD204"
    assert message.startswith("the change of ")
    assert "is taken back: 3 clauses ask for less" in message


def test_a_return_to_an_older_weaker_text_is_still_a_weakening(messages: Messages) -> None:
    weak = RULES.replace("must fold", "may fold").replace("must oil", "may oil")
    ((code, message),) = messages("spec.md", {"spec.md": weak}, {"spec.md": RULES}, {"spec.md": weak})[-1]
    assert code == "SD204"
    assert "2 clauses ask for less" in message


def test_a_file_that_is_renamed_away_says_where_it_went(messages: Messages) -> None:
    moved = RULES.replace("trim the lamp", "trim the big lamp")
    ((code, message),) = messages("old.md", {"old.md": RULES}, {"old.md": None, "n/new.md": moved})[-1]
    assert code == "SD204"
    assert "moved to n/new.md" in message
    assert "give that path: 6 rules are taken out" in message


def test_what_a_renamed_file_drops_or_weakens_is_found_by_itself(messages: Messages) -> None:
    moved = RULES.replace("The keeper must oil the winch before the ferry sails at night.\n\n", "")
    moved = moved.replace("must fold", "may fold")
    found = messages("old.md", {"old.md": RULES}, {"old.md": None, "n/new.md": moved})[-1]
    texts = [message for code, message in found if code == "SD204"]
    assert any(text.startswith('a rule is taken out: "The keeper must oil') for text in texts)
    assert any(text.startswith("a clause asks for less") and "The keeper may fold" in text for text in texts)
    assert any("moved to n/new.md" in text for text in texts)


@pytest.mark.parametrize("destination", ["prompts/snippets.md", "README.md", "archive/old.txt"])
def test_rules_that_are_moved_to_a_file_outside_are_taken_out_and_said_where(
    messages: Messages, destination: str
) -> None:
    rules = RULES.split("\n\n")
    name, moved = "\n\n".join([*rules[:3], "Be kind.", *rules[5:]]), f"# Other\n\n{rules[3]}\n\n{rules[4]}\n"
    ((code, message),) = messages(
        "prompts/core.md",
        {"prompts/core.md": RULES, destination: "# Other\n"},
        {"prompts/core.md": name, destination: moved},
    )[-1]
    assert code == "SD204"
    assert message.startswith(
        f"2 rules are taken out of the spec, and stand word for word in {destination} of the same"
    )


def test_a_rule_that_goes_nowhere_is_a_rule_taken_out(messages: Messages) -> None:
    less = RULES.replace("The keeper must wind the clock before the ferry sails at night.\n\n", "")
    ((code, message),) = messages("spec.md", {"spec.md": RULES}, {"spec.md": less, "README.md": "Words.\n"})[-1]
    assert (code, message[:20]) == ("SD204", "a rule is taken out:")


def test_a_repetition_that_is_dropped_is_no_weakening(messages: Messages) -> None:
    rule = "The keeper must never leave the lamp unlit after dusk."
    text = f"# Pier\n\n{rule}\n\nPaint in May.\n\n# Boats\n\n{rule}\n\nTar in June.\n"
    once = f"# Pier\n\n{rule}\n\nPaint in May.\n\n# Boats\n\nTar in June.\n"
    assert [code for code, _ in messages("spec.md", {"spec.md": text}, {"spec.md": once})[-1]] == ["SD213"]


def test_a_products_change_log_says_nothing_about_a_spec_it_never_speaks_of(messages: Messages) -> None:
    first = {"src/prompt.md": RULES, "CHANGELOG.md": "- First.\n"}
    releases = [{"CHANGELOG.md": f"- Release {n}.\n"} for n in range(3)]
    patch = {"src/prompt.md": RULES.replace("must fold", "should fold")}
    assert [code for code, _ in messages("src/prompt.md", first, *releases, patch)[-1]] == ["SD204"]


def test_a_change_log_that_is_kept_with_the_spec_is_held_to_it(messages: Messages) -> None:
    first = {"spec.md": RULES, "CHANGELOG.md": "- First.\n"}
    more = {"spec.md": RULES + "\nAsk about fares.\n", "CHANGELOG.md": "- First.\n- Fares.\n"}
    patch = {"spec.md": RULES.replace("must fold", "should fold") + "\nAsk about fares.\n"}
    assert [code for code, _ in messages("spec.md", first, more, patch)[-1]] == ["SD204", "SD205"]


def test_what_blame_and_findings_print_names_the_same_clause(auditor: Auditor, tmp_path: Path) -> None:
    """Ids, places in the text of a commit, and quoted words, of a clause that came, went and came back."""
    rule = "Never open a letter that is addressed to another house, whatever the postman says about its contents."
    loose = rule.replace("whatever the postman says", "whatever anybody may say")
    repo = GitRepo(tmp_path / "life")
    for lead, text in (("", ""), ("", rule), ("", ""), ("Be brief.\n\n", loose), ("Be brief.\n\n", rule), ("", "")):
        repo.commit({"spec.md": f"# Mail\n\n{lead}{text}\n\nSign with your name.\n"})
    where = ("--repo", repo.path, "--spec", "spec.md")

    def life(clause: str) -> str:
        answer = auditor("blame", clause, *where, "--format", "json")
        assert (answer.code, answer.err) == (0, ""), clause
        return str(json.loads(answer.out)["state"]["id"])

    printed = auditor("blame", rule, *where).out
    assert len(printed.splitlines()) < 30
    kinds = ("introduced", "removed", "reinstated", "reworded", "removed")
    assert re.findall(r"^    [-+~] (\w+)", printed, re.MULTILINE) == list(kinds)
    places = re.findall(r"[0-9a-f]{12}:spec\.md:\d+", printed)
    audited = auditor("audit", *where, "--verbose").out
    places += re.findall(r"[0-9a-f]{12}:spec\.md:\d+", audited)
    quotes = re.findall(r'"(Never[^"]*)"', " ".join(audited.split()))
    assert len(places) > len(kinds)
    assert quotes
    names = re.findall(r"^clause ([0-9a-f]{12})", printed, re.MULTILINE)
    assert {life(text) for text in (*places, *quotes, *names)} == {life(rule)}


def test_a_format_that_is_not_read_leaves_the_checks_on_it_undecided(auditor: Auditor, tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    for word in ("must never", "can"):
        repo.commit({"prompt.ts": f"export const prompt = `The keeper {word} leave the lamp unlit.`;\n"})
    answer = auditor("audit", "--repo", repo.path, "--spec", "prompt.ts", "--verbose")
    assert "prompt.ts: JavaScript or TypeScript is not read" in " ".join(answer.out.split())


_AS_PROMPT = '[[spec]]\nname = "pier"\npaths = ["pier.prompt"]\n'
_ENTRIES = "winch: The keeper must {} the winch\nlamp: The keeper must trim the lamp\n"


def test_a_format_in_the_configuration_overrules_the_name_of_a_file(auditor: Auditor, tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit({"auditor.toml": f'{_AS_PROMPT}format = "yaml"\n', "pier.prompt": _ENTRIES.format("oil")})
    repo.commit({"pier.prompt": _ENTRIES.format("clean")})
    (repo.path / "pier.prompt").write_text(_ENTRIES.format("paint"))
    for arguments in (["diff", "HEAD~1", "HEAD"], ["diff"]):
        (change,) = _changes(auditor(*arguments, "--repo", repo.path, "--format", "json"))
        assert (change["before"][0]["line"], change["before"][0]["end"]) == (1, 1), arguments
    assert "pier.prompt:2" in auditor("blame", "trim the lamp", "--repo", repo.path).out
    (repo.path / "auditor.toml").write_text(_AS_PROMPT)
    (change,) = _changes(auditor("diff", "HEAD~1", "HEAD", "--repo", repo.path, "--format", "json"))
    assert (change["before"][0]["line"], change["before"][0]["end"]) == (1, 2)


def _changes(said: Said) -> list[dict[str, Any]]:
    assert (said.code, said.err) == (0, "")
    return [change for spec in json.loads(said.out)["specs"] for change in spec["changes"]]


def test_a_file_that_is_said_to_be_text_counts_as_read(auditor: Auditor, tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    text = "export const RULES = `\nThe keeper must oil the winch.\n`;\n"
    repo.commit({"auditor.toml": '[[spec]]\nname = "pier"\npaths = ["pier.ts"]\n', "pier.ts": text})
    repo.commit({"pier.ts": text.replace("the winch", "the old winch")})
    assert "pier.ts: JavaScript or TypeScript is not read" in auditor("audit", "--repo", repo.path, "--verbose").out
    with (repo.path / "auditor.toml").open("a") as file:
        file.write('format = "text"\n')
    assert "is not read" not in auditor("audit", "--repo", repo.path, "--verbose").out
    (repo.path / "auditor.toml").write_text('[[spec]]\nname = "pier"\npaths = ["pier.ts"]\nformat = "ts"\n')
    refused = auditor("audit", "--repo", repo.path)
    assert refused.code == 2
    assert "auditor.toml: spec[0].format: 'ts' is not allowed here; it should be 'markdown', 'text'" in refused.err


_DEEP = f"{'a-very-long-folder/' * 7}spec.md"


def test_every_place_that_blame_prints_is_whole_and_input(auditor: Auditor, tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit({_DEEP: RULES})
    moved = RULES.replace(f"The keeper must {JOBS[0]} before the ferry sails at night.\n\n", "")
    repo.commit({_DEEP: f"{moved}\nThe keeper must {JOBS[0]} before the ferry sails at night.\n"})
    repo.commit({_DEEP: f"Ask first.\n\n{moved}"})
    told = auditor("blame", JOBS[0], "--repo", repo.path, "--spec", _DEEP)
    assert (told.code, told.err) == (0, "")
    places = re.findall(r"\S+\.md:\d+", told.out)
    assert len(places) == 5, told.out
    assert all(re.fullmatch(rf"[0-9a-f]{{12}}:{_DEEP}:\d+", place) for place in places), told.out
    for place in places:
        again = auditor("blame", place, "--repo", repo.path, "--spec", _DEEP)
        assert again.out == told.out, place


def test_a_very_long_paragraph_is_cut_and_its_length_is_said(auditor: Auditor, tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(40_000)]
    repo = GitRepo(tmp_path / "repo")
    repo.commit({"spec.md": RULES})
    repo.commit({"spec.md": f"{RULES}\n{' '.join(words)}\n"})
    repo.commit({"spec.md": RULES})
    for sides in (["HEAD~2", "HEAD~1"], ["HEAD~1", "HEAD"]):
        told = auditor("diff", *sides, "--repo", repo.path, "--spec", "spec.md")
        assert told.code == 0
        assert len(told.out.splitlines()) < 40
        size = f"(40,000 words, {len(' '.join(words)):,} characters; --format json has the middle)"
        assert size in " ".join(told.out.split())
        assert {"w0", "w39999"} <= set(told.out.split())
