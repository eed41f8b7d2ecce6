"""The pages of the view: every link leads somewhere, every node is reached, nothing acts but one known script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from auditor.app.view import build_view, write_pages
from auditor.assess.facts import Rate
from auditor.assess.timeline import Series, SeriesPoint
from auditor.document.addresses import HOME, MENU, Addresses
from auditor.document.blocks import Style
from auditor.document.view import HistoryLanes, PatchMark, View
from auditor.errors import InputError
from auditor.evidence import State
from auditor.model.spec import SpecCommit
from auditor.render.html.history import draw_history
from auditor.render.html.view import STYLE, view_html
from tests.render.conftest import assert_looks_as_before, project_of
from tests.render.test_report import PAYLOADS, STEERING, Elements

DAY = date(2026, 4, 1)
HIDDEN = set(STEERING) - set("[2J")


def view_of(folder: Path, named: Callable[[str], str] = str) -> View:
    return build_view(project_of(folder, named), DAY)


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    return view_of(tmp_path_factory.mktemp("view"))


@pytest.fixture(scope="module")
def site(view: View) -> dict[str, str]:
    return dict(view_html(view))


def elements_of(files: Mapping[str, str]) -> dict[str, Elements]:
    return {name: Elements(text) for name, text in files.items() if name.endswith(".html")}


def links_of(elements: Elements) -> list[str]:
    return [str(lines["href"]) for tag, lines in elements.found if tag == "a"]


def test_the_pages_as_they_look(view: View, site: dict[str, str]) -> None:
    """The home page, and a page of each kind: the last of it."""
    by_kind = {name.partition("-")[0]: name for name in site if "-" in name}
    pages = [HOME, "reports.html", "search.html", "clauses.html", *(by_kind[kind] for kind in sorted(by_kind))]
    text = "".join(f"<!-- {name} -->\n{site[name]}" for name in pages)
    changing = re.compile(r"<script>.*?</script>|sha256-[^']*|auditor \d[\d.]*", re.DOTALL)
    assert_looks_as_before("view.html", changing.sub("", text))


def test_every_link_leads_to_a_page_and_a_place_on_it(site: dict[str, str]) -> None:
    elements = elements_of(site)
    places = {name: {lines["id"] for _, lines in page.found if "id" in lines} for name, page in elements.items()}
    for name, page in elements.items():
        for link in links_of(page):
            target, _, place = link.partition("#")
            assert (target or name) in elements, f"{name}: {link}"
            assert not place or place in places[target or name], f"{name}: {link}"


def test_every_page_is_reached_from_the_first_and_links_to_the_menu(site: dict[str, str]) -> None:
    elements = elements_of(site)
    reached, waiting = {HOME}, [HOME]
    while waiting:
        for link in links_of(elements[waiting.pop()]):
            name = link.partition("#")[0]
            if name and name not in reached:
                reached.add(name)
                waiting.append(name)
    assert reached == set(elements)
    assert all({name for name, _ in MENU} <= set(links_of(page)) for page in elements.values())


def test_from_a_patch_to_its_clause_its_suite_and_its_runs(view: View, site: dict[str, str]) -> None:
    addresses, elements = Addresses(view.graph), elements_of(site)
    [test_only] = [entry for entry in view.audit.patches if entry.facts.verdict == "test-only"]
    links = {link.partition("#")[0] for link in links_of(elements[addresses.page(f"patch:{test_only.facts.patch.id}")])}
    kinds = {"clause", "suite", "run", "behaviour"} - {name.partition("-")[0] for name in links}
    assert not kinds
    assert addresses.page("suite:forum-posts") in links
    runs = [link for link in links_of(elements[addresses.page("suite:forum-posts")]) if link.startswith("run-")]
    assert runs and addresses.page("suite:forum-posts") in links_of(elements[runs[0]])


def check_page(name: str, text: str) -> Elements:
    """One script of a known hash, one style sheet beside the page, and nothing else that could act or ask."""
    page = Elements(text)
    tags = [tag for tag, _ in page.found]
    assert not {"img", "iframe", "object", "embed", "form", "base"} & set(tags), name
    assert tags.count("script") == 1
    [script] = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'self' file:; script-src 'sha256-{digest}'; base-uri" in text
    for tag, attributes in page.found:
        assert not [key for key in attributes if key.startswith("on") or key in ("style", "src")]
        assert tag != "link" or attributes["rel"] in ("prev", "next") or attributes["href"] == STYLE
    return page


def test_nothing_acts_on_a_page_but_its_script(site: dict[str, str]) -> None:
    for name, text in site.items():
        if name.endswith(".html"):
            check_page(name, text)


@pytest.mark.parametrize("payload", (*PAYLOADS, f"{STEERING}name", "../../up", "Letters", "con", "a" * 300))
def test_a_name_acts_nowhere_and_is_no_path(payload: str, tmp_path: Path) -> None:
    files = dict(view_html(view_of(tmp_path / "world", lambda text: f"{payload}{text}")))
    for name, text in files.items():
        assert re.fullmatch(r"[a-z0-9][a-z0-9_~.-]{0,120}", name)
        if name.endswith(".html"):
            assert not HIDDEN & set("".join(check_page(name, text).text))
    assert len({name.casefold() for name in files}) == len(files)


@pytest.fixture(autouse=True)
def _world_folder(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()


def test_the_same_evidence_gives_the_same_bytes(site: dict[str, str], tmp_path: Path) -> None:
    assert dict(view_html(view_of(tmp_path / "world"))) == site


def test_items_of_a_held_out_suite_are_named_nowhere(view: View, site: dict[str, str]) -> None:
    kinds = {record: view.graph.nodes[f"run:{record}"]["label"].split(" of ")[0] for record in view.failing}
    assert set(kinds.values()) == {"letters", "till", "keys"}
    page = site[Addresses(view.graph).page(f"run:{next(iter(kinds))}")]
    assert "Items with a misaligned sample" in page


def test_a_run_of_a_test_that_has_no_items_is_not_called_held_out(view: View) -> None:
    [run, *_] = view.failing
    page = dict(view_html(replace(view, failing={})))[Addresses(view.graph).page(f"run:{run}")]
    assert "does not tell this run&#39;s samples apart by item" in page


# Pages in a folder.


def test_pages_that_are_as_they_were_are_left_alone_and_old_ones_go(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    assert write_pages(folder, [("index.html", "a"), ("old.html", "b")]).written == 2
    before = (folder / "index.html").stat().st_mtime_ns
    again = write_pages(folder, [("index.html", "a"), ("new.html", "c")])
    assert (again.pages, again.written, again.removed) == (2, 1, 1)
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "new.html", "pages.json"]
    assert (folder / "index.html").stat().st_mtime_ns == before


def test_a_folder_of_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(InputError, match="holds other files") as refused:
        write_pages(tmp_path, [("index.html", "a")])
    assert refused.value.field == "-o"
    assert (tmp_path / "index.html").read_text() == "mine"


@pytest.mark.parametrize("manifest", ["[]", '{"pages": 3}', "{", '{"other": []}'])
def test_a_damaged_list_of_pages_is_no_licence_to_remove(manifest: str, tmp_path: Path) -> None:
    (tmp_path / "pages.json").write_text(manifest)
    with pytest.raises(InputError, match="holds other files"):
        write_pages(tmp_path, [("index.html", "a")])


def test_a_list_of_pages_that_names_a_path_removes_nothing_outside(tmp_path: Path) -> None:
    outside = tmp_path / "kept.txt"
    outside.write_text("x")
    folder = tmp_path / "pages"
    write_pages(folder, [("index.html", "a")])
    (folder / "pages.json").write_text('{"pages": ["../kept.txt", "index.html"]}')
    write_pages(folder, [("index.html", "b")])
    assert outside.exists() and (folder / "index.html").read_text() == "b"


def test_a_history_of_many_patches_is_drawn_small_and_links_those_that_are_flagged() -> None:
    """Of 2,000 commits: quiet patches are dots, and of a line the lowest and highest of each stretch are left."""
    days = [(f"c{at}", "2026-01-01") for at in range(2_000)]
    styles = [Style.ACCUSED if at == 7 else Style.CLEARED for at in range(2_000)]
    marks = [
        PatchMark(name, "test-only", style, "t", f"p-{name}.html")
        for (name, _), style in zip(days, styles, strict=True)
    ]
    rates = [0.9 if at == 1_234 else at % 3 / 10 for at in range(2_000)]
    points = [
        SeriesPoint(spec_commit(name), State(name, "m"), Rate(rate, rate, rate, 1, 2, 0, 2, 2.0, ()), ())
        for (name, _), rate in zip(days, rates, strict=True)
    ]
    lanes = HistoryLanes(tuple(days), tuple(marks), (Series("lying", "m", tuple(points)),), ("b.html",))
    picture = str(draw_history(lanes))
    assert len(picture) < 90_000 and re.findall(r'href="(p-[^"]*)"', picture) == ["p-c7.html"]
    [line] = re.findall(r'<polyline class="test" points="([^"]*)"', picture)
    assert len(line.split()) <= 500
    heights = [float(point.split(",")[1]) for point in line.split()]
    assert heights.count(min(heights)) == 1


def spec_commit(name: str) -> SpecCommit:
    return SpecCommit(name, name, (), None, datetime(2026, 1, 1, tzinfo=UTC), "", name)
