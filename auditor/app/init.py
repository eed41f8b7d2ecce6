"""A project's first files: auditor.toml, and an evaluation history with its registry explained."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import tomlkit

from auditor.app.bound import know
from auditor.app.project import Place, Project, chosen, locate
from auditor.app.proposals import bindings_toml, suites_toml, unknowns
from auditor.app.survey import Survey, survey
from auditor.errors import EXIT_COULD_NOT_RUN, EXIT_PASS, ConfigError, RepositoryError
from auditor.git import Commit, Tree
from auditor.model.suite import Registry
from auditor.settings import FILE, SHARED_FILE, STORE, Settings, SpecConfig, has_settings, load, project_path
from auditor.sources.specs.revisions import read_revision
from auditor.store.bindings import load_bindings
from auditor.store.suites import load_registry

SUFFIXES = (".md", ".markdown", ".txt", ".prompt", ".j2", ".jinja", ".jinja2")
_LIKELY = re.compile(r"(^| )(constitution|(model ?)?spec(ification)?s?|system ?(prompt|message))( |$)")
_ELSEWHERE = ("test", "tests", "vendor", "node_modules", "third_party", STORE)
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_SHOWN = 8
_STORED = ("suites.toml", "bindings.toml")
_FILES = (FILE, *(f"{STORE}/{name}" for name in _STORED))

_SETTINGS = """\
# What auditor audits here. Everything under [policy] may be left out; these are the defaults.

[[spec]]
name = ""
paths = []

[policy]
# block_on = ["test-only", "worse", "measurement"]   # verdicts or check codes that auditor gate refuses
# on_inconclusive = "warn"                            # pass, warn or require
# require_held_out = "with-test"                      # always, with-test or never
"""

_SUITES = """\
# The suites this spec is evaluated on: what each measures, who can see it, and how its logs' scores are read.
# A verdict needs at least two for a behaviour: one that the spec's writers see, one that they do not.
#
# [[suite]]
# name = "polite-refusals"         # unique here
# behaviour = "over-refusal"       # suites of one behaviour are compared with each other
# role = "test"                    # visible to whoever writes the spec or trains the model
# tasks = ["polite_refusals"]      # what its logs call it, where that differs from the name
#
# [suite.score]
# misaligned = "high"              # the end of the scale that is misaligned: high or low
# unit = "fraction"                # fraction (0 to 1), percent (0 to 100) or grade (C, P, I, N)
# threshold = 0.5                  # a score at or beyond it counts as misaligned
#
# [[suite]]
# name = "refusals-nobody-tuned-on"
# behaviour = "over-refusal"
# role = "held_out"                # hidden from them; "deployment" is sampled or replayed real traffic
# registered = 2026-01-31          # the day from which its results count as held-out
"""

_BINDINGS = """\
# Which revision was evaluated, for logs that were not stamped with it. Nothing is guessed: a log that has no stamp,
# fits no binding and does not contain the spec's text is refused.
#
# [[binding]]
# revision = "v1.0"                # a commit, a tag, a content id, or a dated folder
# file = "2026-01-*.eval"          # every condition given must hold: file, sha256, model, checkpoint
# model = "provider/model-name"
"""


@dataclass(frozen=True, slots=True)
class Initialised:
    """What was written, and what was found.

    Attributes:
        spec, path: the name of the spec, and its path or glob; "" where they were configured before.
        files: written, relative to `root`.
        kept: there already, and left as they are.
        survey: what the logs hold; None without any.
        unknown: what is left for a person, a line each.
    """

    root: Path
    spec: str
    path: str
    files: tuple[str, ...]
    kept: tuple[str, ...] = ()
    survey: Survey | None = None
    unknown: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """2 where a log was refused; the files are written all the same."""
        return EXIT_COULD_NOT_RUN if self.survey is not None and self.survey.refused else EXIT_PASS


def init(where: Path, spec: str | None, logs: Sequence[Path] = ()) -> Initialised:
    """Writes the first files of a project; none that is there is touched.

    Args:
        where: a folder in a work tree, or a folder of dated revisions.
        spec: the spec's path or glob from the root; None to look for the one file that is likely to be it.
        logs: files and folders to propose suites and bindings from. With them, files that are there already are no
            error, so that it can be run again to see what is still unknown.

    Raises:
        ConfigError: a file is there already, no file or several are likely to be the spec, or `spec` matches none.
        RepositoryError: there is no work tree, or no commit yet.
    """
    with locate(where) as place:
        _refuse_bare(place)
        return _init(place, spec) if not logs else _from_logs(place, spec, logs)


def _refuse_bare(place: Place) -> None:
    if place.repository is not None and place.repository.worktree is None:
        remedy = "run this in a clone, and commit what it writes"
        raise RepositoryError("is bare, and settings are files of a work tree", where=str(place.root), remedy=remedy)


def _init(place: Place, spec: str | None) -> Initialised:
    _refuse_existing(place.tree)
    name, path, settings = _settings(place, spec)
    _write(place.root, dict(zip(_FILES, (settings, _SUITES, _BINDINGS), strict=True)))
    return Initialised(place.root, name, path, _FILES)


def _settings(place: Place, spec: str | None) -> tuple[str, str, str]:
    """The spec's name, its path, and the settings that say so."""
    path = _given(place, spec) if spec is not None else _found(place)
    name = _name(path)
    if any("\ud800" <= sign <= "\udfff" for sign in path):  # as git hands on bytes that are no UTF-8
        raise ConfigError("its name is not UTF-8", where=path, remedy="rename it")
    settings = tomlkit.parse(_SETTINGS)
    [entry] = settings["spec"]
    entry.update(name=name, paths=[path], **({} if place.repository is not None else {"source": "folder"}))
    return name, path, tomlkit.dumps(settings)


def _from_logs(place: Place, spec: str | None, logs: Sequence[Path]) -> Initialised:
    """As `init`, with a registry and bindings proposed from logs; files that are there are kept."""
    name, path, settings = "", "", ""
    if has_settings(place.tree) or place.tree.read(FILE) is not None:
        known = load(place.tree)
    else:
        name, path, settings = _settings(place, spec)
        known = Settings((SpecConfig(name, (path,), "git" if place.repository is not None else "folder"),))
    registry, why = _registry(place, known)
    specs = chosen(known.specs, spec if not path else None, in_git=place.repository is not None)
    project = Project(place.root, place.repository, place.tree, known, specs, registry, ())
    seen = survey(logs, know(project), load_bindings(place.tree, known.store))
    texts = (settings, _SUITES + suites_toml(seen), _BINDINGS + bindings_toml(seen))
    wanted = dict(zip((FILE, *(f"{known.store}/{one}" for one in _STORED)), texts, strict=True))
    kept = tuple(one for one in wanted if place.tree.read(one) is not None or (one == FILE and not settings))
    new = {one: text for one, text in wanted.items() if one not in kept}
    _write(place.root, new, known.store)
    return Initialised(place.root, name, path, tuple(new), kept, seen, tuple(unknowns(seen, registry, why)))


def _registry(place: Place, known: Settings) -> tuple[Registry, str]:
    """What is registered already; an empty registry, and why, where entries are not filled in yet."""
    try:
        return load_registry(place.tree, known.store), ""
    except ConfigError as error:
        return Registry({}), str(error)


def _refuse_existing(tree: Tree) -> None:
    taken = next((path for path in _FILES if tree.read(path) is not None), None)
    if taken is None and has_settings(tree):
        taken = SHARED_FILE
    if taken is not None:
        raise ConfigError("is there already, and is left as it is", where=taken, remedy="edit it, or move it away")


def _given(place: Place, spec: str) -> str:
    try:
        path = project_path(spec)
    except ValueError as error:
        raise ConfigError(f"{spec!r:.80} {error}", where="--spec", remedy="give it from the root") from error
    matched = [one for one in _candidates(place) if one == path] or read_revision(_committed(place), [path]).files
    if not matched:
        raise ConfigError("matches no file", where="--spec", field=path, remedy="commit the file, or correct it")
    return path


def _found(place: Place) -> str:
    found = _candidates(place)
    if len(found) == 1:
        return found[0]
    if not found:
        what, remedy = "no committed file is called like a spec, constitution or system prompt", "give --spec PATH"
        raise ConfigError(what, where=str(place.root), remedy=remedy)
    names = ", ".join(found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
    remedy = "give one of them, or a glob, with --spec PATH"
    raise ConfigError(f"{len(found)} files may be the spec: {names}", where=str(place.root), remedy=remedy)


def _candidates(place: Place) -> list[str]:
    """The files whose name suggests a spec; for dated folders the names they share, as `*/name`."""
    if place.repository is not None:
        return [path for path in _committed(place).list("") if _is_likely(path)]
    below = (PurePosixPath(path) for path in place.tree.list(""))
    dated = {str(PurePosixPath("*", *p.parts[1:])) for p in below if len(p.parts) > 1 and _DATED.match(p.parts[0])}
    if not dated:
        remedy = "run this in a git repository, or name each revision's folder YYYY-MM-DD"
        raise RepositoryError("is neither in git nor a folder of dated revisions", where=str(place.root), remedy=remedy)
    return sorted(path for path in dated if _is_likely(path))


def _committed(place: Place) -> Tree:
    """What is committed: a spec that is not has no history to audit."""
    if place.repository is None:
        return place.tree
    return Commit(place.repository, place.repository.resolve("HEAD"))


def _is_likely(path: str) -> bool:
    file = PurePosixPath(path.lower())
    if any(part.startswith(".") or part in _ELSEWHERE for part in file.parts) or file.suffix not in SUFFIXES:
        return False
    return _LIKELY.search(re.sub(r"[^a-z]+", " ", file.stem)) is not None


def _name(path: str) -> str:
    """The file's name without its ending; of a glob the folder's; "spec" where neither says anything."""
    fixed = [part for part in PurePosixPath(path).parts if not set("*?") & set(part)]
    name = fixed[-1].partition(".")[0] if fixed else ""
    return name if name.strip() and name.isprintable() else "spec"


def _write(root: Path, files: dict[str, str], store: str = STORE) -> None:
    """Writes all of them or, where one cannot be, none."""
    written: list[Path] = []
    try:
        (root / store).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with (root / name).open("x", encoding="utf-8") as file:
                written.append(root / name)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        _remove(written)
        where = str(error.filename or root)
        raise ConfigError(f"cannot be written: {error.strerror}", where=where, remedy="make it writable") from error


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
