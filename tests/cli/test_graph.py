"""auditor graph, and auditor.open for a notebook, on a tiny real project."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

import auditor as package
from auditor.model.suite import Role
from auditor.store.records import RecordStore, record_id
from tests.cli.conftest import HEAD, Auditor, one_line
from tests.repos import GitRepo
from tests.store.builders import a_run


def patches(repository: GitRepo) -> list[str]:
    frames = package.open(repository.path).frames()
    return [str(key) for key in frames["patch"]["key"]]


def test_without_a_node_the_whole_as_json(auditor: Auditor, judged: GitRepo) -> None:
    said = auditor("graph", "--format", "json", "--repo", judged.path)
    document = json.loads(said.out)
    assert (said.code, said.err, document["about"]) == (0, "", None)
    count: dict[str, int] = {}
    for node in document["nodes"]:
        count[node["kind"]] = count.get(node["kind"], 0) + 1
    counts = {"spec": 1, "patch": 2, "behaviour": 1, "suite": 2, "run": 5, "model": 1, "revision": 3, "spec_commit": 3}
    assert {kind: count.get(kind) for kind in counts} == counts


def test_a_suite_says_where_it_fell_and_what_rests_on_it(auditor: Auditor, judged: GitRepo) -> None:
    said = auditor("graph", "visible", "--repo", judged.path)
    lines = [line.strip() for line in said.out.splitlines()]
    at = lines.index("Where it fell, and which clauses moved there")
    assert said.code == 0 and lines[0] == "suite visible"
    assert [line.split(":")[0] for line in lines[at + 1 : at + 4]] == ["step", "patch", "clause"]
    assert "Which verdicts rest on it" in lines and "SD101" in said.out


def test_every_way_to_name_a_node(auditor: Auditor, judged: GitRepo) -> None:
    frames = package.open(judged.path).frames()
    run, clause = str(frames["run"]["key"][0]), str(frames["clause"]["id"][0])
    first = patches(judged)[0]
    for name in (f"patch:{first}", first, first[:8], f"patch:{first[:4]}", run[:10], clause, "concealment", "model:m"):
        said = auditor("graph", name, "--format", "json", "--repo", judged.path)
        assert (said.code, said.err) == (0, ""), name
        assert name.rpartition(":")[2] in json.loads(said.out)["about"]


@pytest.mark.parametrize(
    ("node", "line"),
    [
        ("nobody", "nobody: is no node of the graph; see auditor graph for what it holds"),
        ("visibl", None),
        ("suite:", "suite:: stands for several: suite:visible, suite:unseen; write more of it, or kind:id"),
        ("m", "m: stands for several: checkpoint:m, model:m; write more of it, or kind:id"),
        ("seen", "seen: is no node of the graph; near it are suite:unseen, "),
        (" ", "NODE: is empty; give kind:id, a patch, a suite or another name"),
    ],
)
def test_a_name_of_none_or_several_is_one_line(auditor: Auditor, judged: GitRepo, node: str, line: str | None) -> None:
    said = auditor("graph", node, "--repo", judged.path)
    if line is None:
        assert said.code == 0 and said.out.startswith("suite visible\n")
    else:
        assert one_line(said).startswith(f"auditor: {line}")


def test_without_a_node_the_text_says_what_to_type(auditor: Auditor, judged: GitRepo) -> None:
    said = auditor("graph", "--repo", judged.path)
    command = said.out.splitlines()[-1].split()
    assert said.code == 0 and said.out.startswith("The evidence graph: ") and command[:2] == ["auditor", "graph"]
    assert auditor("graph", *command[2:], "--repo", judged.path).code == 0


def test_into_a_file_once(auditor: Auditor, judged: GitRepo, tmp_path: Path) -> None:
    file = tmp_path / "graph.graphml"
    arguments = ("graph", "--format", "graphml", "-o", file, "--repo", judged.path)
    assert auditor(*arguments) == (0, "", f"wrote {file}\n")
    assert ElementTree.parse(file).getroot().tag.endswith("graphml")
    assert "is there already" in one_line(auditor(*arguments))
    assert auditor(*arguments, "--force").code == 0


@pytest.mark.parametrize("style", ["json", "graphml"])
def test_the_same_bytes_each_time(auditor: Auditor, judged: GitRepo, style: str) -> None:
    first, second = (auditor("graph", "visible", "--format", style, "--repo", judged.path) for _ in range(2))
    assert first == second and first.code == 0 and first.out


def test_a_spec_without_evaluations(auditor: Auditor, project: GitRepo) -> None:
    said = auditor("graph", "--format", "json", "--repo", project.path)
    kinds = {node["kind"] for node in json.loads(said.out)["nodes"]}
    assert said.code == 0 and kinds == {"spec", "patch", "clause", "behaviour", "suite", "revision", "spec_commit"}


def test_waivers_and_plans_are_in_it(auditor: Auditor, own: GitRepo) -> None:
    document = json.loads(auditor("audit", "--format", "json", "--repo", own.path).out)
    [finding] = [one for one in document["patches"][0]["findings"] if one["check"] == "SD101"]
    waiver = (
        f'check = "SD101"\nfingerprint = "{finding["fingerprint"]}"\npatch = "{document["patches"][0]["id"]}"\n'
        'reason = "known"\nwho = "Ada"\ngranted = 2026-01-02\nuntil = 2026-02-01\n'
    )
    own.commit({"eval_history/waivers/known.toml": waiver})
    done = auditor("graph", "waiver:known", "--as-of", "2026-01-10", "--format", "json", "--repo", own.path)
    assert done.code == 0, done.err
    links = {
        (load["kind"], load["target"]) for load in json.loads(done.out)["edges"] if load["source"] == "waiver:known"
    }
    assert links == {
        ("for", f"finding:{finding['fingerprint']}"),
        ("about", f"patch:{document['patches'][0]['id']}"),
    }


def test_plans_their_runs_and_what_is_found_of_them(auditor: Auditor, project: GitRepo, tmp_path: Path) -> None:
    begin = ("preregister", "--suite", "visible", "--model", "m", "--samples", "2", "--repo", project.path)
    kept, missing = (auditor(*begin, "--revision", name).out.strip() for name in ("v1", "v2"))
    (tmp_path / "t.csv").write_text(f"{HEAD},created\nv1,visible,m,i0,0,2099-01-01T00:00:00+00:00\n")
    assert auditor("ingest", tmp_path / "t.csv", "--repo", project.path).code == 0
    revision = auditor("revision", "--full", "v2", "--repo", project.path).out.strip()
    other = a_run(plan=missing, spec="conduct", revision=revision, suite="unseen", model="m", checkpoint="m")
    other = replace(other, record=record_id(other))
    assert RecordStore(project.path, "eval_history").add([other])
    asked = ("graph", "--as-of", "2099-01-01", "--format", "json", "--repo", project.path)
    document = json.loads(auditor(*asked).out)
    nodes = {one["id"]: one for one in document["nodes"]}
    assert {key: nodes[f"plan:{key}"]["state"] for key in (kept, missing)} == {
        kept: "fulfilled",
        missing: "differs",
    }
    [fulfils] = [one["source"] for one in document["edges"] if one["target"] == f"plan:{kept}"]
    assert {(one["kind"], one["source"]) for one in document["edges"] if one["target"] == f"plan:{kept}"} == {
        ("planned_by", fulfils)
    }
    links = {(one["kind"], one["source"]) for one in document["edges"] if one["target"] == f"plan:{missing}"}
    [finding] = [source for kind, source in links if kind == "about"]
    assert links == {("differs_from", f"run:{other.record}"), ("about", finding)}
    assert nodes[finding]["label"].startswith("SD50")
    said = {(one["kind"], one["target"]) for one in document["edges"] if one["source"] == f"plan:{missing}"}
    assert said == {
        ("on", "suite:visible"),
        ("under", f"revision:{revision}"),
        ("of", "checkpoint:m"),
    }
    text = auditor("graph", fulfils, "--repo", project.path).out
    assert f"planned as (1)\n    plan:{kept[:12]}" in text
    text = auditor("graph", f"plan:{missing[:12]}", "--repo", project.path).out
    assert f"named, and not kept to, by (1)\n    run:{other.record[:12]}" in text


DEMONSTRATION = Path(package.__file__).parents[1]
REFUNDS = "step:f8998c15e286  test-only: overclaiming-completion of harbor-2"
CLAUSE = "clause:2f3023b955c0  If Harbor is asked to email the refund confirmation to a customer at a\u2026"
LOST = (
    "    patch:d5f0eaa4e432  2026-03-16",
    "        finding:36bb6a6672cd  SD101 fall-stays-on-test",
    "        finding:894e1a549529  SD210 test-items-in-patch",
)
GAP = "gap:{}  open gap: overclaiming-completion of harbor-2 on {}"
GAPS = (GAP.format("bc1066b4a286", "partial-migrations"), GAP.format("99ce0ec979aa", "unread-attachments"))
FELL = (f"{REFUNDS}  (test, 16.3 % to 0.0 %)", LOST[0], f"        {CLAUSE}  (added)")
SCORER = "scorer:rubric-judge-3/overclaiming-completion"
ASKED = (
    (
        "clause:2f3023b955c0",
        "What measured it",
        (
            "patch:d5f0eaa4e432  2026-03-16  (added)",
            f"    {REFUNDS}",
            "        suite:refund-mails  (test, 16.3 % to 0.0 %, 3 runs)",
            "        suite:partial-migrations  (held-out, test-only, 14.9 % to 17.2 %, its verdict rules, 2 runs)",
            "        suite:unread-attachments  (held-out, test-only, 17.8 % to 16.1 %, 2 runs)",
        ),
    ),
    ("refund-mails", "Where it fell, and which clauses moved there", FELL),
    (
        "partial-migrations",
        "Where it fell, and which clauses moved there",
        ("it was not shown to fall in any step",),
    ),
    (
        "4ac050b86889",
        "What it depends on",
        (
            "behaviour:overclaiming-completion",
            "suite:refund-mails",
            "items:9fee4ff11446  500 items, 9fee4ff11446",
            "checkpoint:harbor-2.0",
            "model:harbor-2",
            SCORER,
            "revision:af483a8a6131  af483a8a6131",
        ),
    ),
    ("refund-mails", "Which verdicts rest on it", (f"{REFUNDS}  (test, 16.3 % to 0.0 %)", *LOST, *GAPS)),
    (SCORER, "Which verdicts rest on it", (REFUNDS, *LOST, *GAPS)),
)


@pytest.mark.parametrize(("node", "question", "answer"), ASKED)
def test_each_question_is_answered_on_the_demonstration(
    auditor: Auditor, node: str, question: str, answer: tuple[str, ...]
) -> None:
    said = auditor("graph", node, "--repo", DEMONSTRATION, "--as-of", "2026-10-01")
    assert (said.code, said.err) == (0, "")
    _, _, rest = said.out.partition(f"\n{question}\n")
    assert rest.partition("\n\n")[0].splitlines() == [f"    {line}" for line in answer]


def test_frames_of_what_patches_came_to_join_by_their_keys(judged: GitRepo) -> None:
    opened = package.open(judged.path)
    assert repr(opened).startswith(
        "<auditor: spec conduct: 2 patches (1 test-only, 1 unmeasured), 1 with hiding suspected"
    )
    assert len(repr(opened).splitlines()) == 2
    frames = opened.frames()
    verdicts, suites, flips = (frames[name] for name in ("verdicts", "suites", "flips"))
    for frame in (verdicts, suites, flips):
        assert set(frame["patch"]) <= set(frames["patch"]["key"])
        assert set(frame.get("suite", [])) <= set(frames["suite"]["key"])
    assert list(zip(suites["suite"], suites["role"], suites["before"], suites["after"], strict=True)) == [
        ("unseen", "held_out", 0.2, 0.2),
        ("visible", "test", 0.2, 0.0),
    ]
    assert (suites["transfer_low"][1], verdicts["ruling_suite"]) == (None, ["unseen"])
    assert (suites["transfer_low"][0], suites["transfer_high"][0]) == (
        verdicts["transfer_low"][0],
        verdicts["transfer_high"][0],
    )
    assert (set(flips["suite"]), len(flips["item"]), flips["before"][0]) == ({"visible"}, 40, 1.0)
    assert set(opened.frames(reveal=True)["flips"]["suite"]) == {"visible"}  # no held-out item moved


def test_a_notebook_has_audit_graph_frames_and_figures(judged: GitRepo) -> None:
    opened = package.open(judged.path)
    frames = opened.frames()
    assert [str(patch.facts.verdict) for patch in opened.audit.patches] == frames["patch"]["verdict"]
    assert len(opened.graph) == sum(
        len(frame["id"])
        for name, frame in frames.items()
        if name not in ("edges", "rates", "verdicts", "suites", "flips")
    )
    assert opened.graph.number_of_edges() == len(frames["edges"]["source"])
    assert all(len({len(column) for column in frame.values()}) == 1 for frame in frames.values())
    assert sorted(zip(frames["run"]["suite"], frames["run"]["misaligned"], strict=True)) == [
        ("unseen", 40),
        ("unseen", 40),
        ("visible", 0),
        ("visible", 40),
        ("visible", 40),
    ]
    rates = frames["rates"]
    assert list(zip(rates["role"], rates["rate"], strict=True)) == [
        (str(Role.TEST), 0.2),
        (str(Role.HELD_OUT), 0.2),
        (str(Role.TEST), 0.0),
        (str(Role.HELD_OUT), 0.2),
    ]
    [(name, figure)] = opened.figures.items()
    assert name == ("concealment", "m")
    root = ElementTree.fromstring(figure)
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and figure._repr_svg_() == figure


def test_the_package_alone_imports_nothing_heavy() -> None:
    program = "import sys; before = set(sys.modules); import auditor; print(sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(package.__file__).parents[1],
    )
    assert done.stdout == "['auditor']\n"
