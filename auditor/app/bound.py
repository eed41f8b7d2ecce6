"""Which revision of which spec a run was evaluated under. Nothing guesses: a run that does not say so is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.app.project import Project, history_of
from auditor.errors import LogError, RevisionError
from auditor.model.raw_run import RawRun
from auditor.model.spec import History, Revision
from auditor.model.suite import Binding
from auditor.settings import SpecConfig
from auditor.sources.specs.names import RevisionNames
from auditor.store.bindings import bind

REMEDY = "evaluate with --metadata spec_revision=$(auditor revision), or name the log and its revision in bindings.toml"


@dataclass(frozen=True, slots=True)
class Known:
    """A spec with its history, and the names its revisions go by."""

    history: History
    names: RevisionNames


@dataclass(frozen=True, slots=True)
class Bound:
    """A spec's name and the revision a run was evaluated under."""

    spec: str
    revision: Revision


def know(project: Project) -> tuple[Known, ...]:
    """The histories of a project's specs, and the names of their revisions. Raises what `history_of` raises."""
    return tuple(_know(project, config) for config in project.specs)


def _know(project: Project, config: SpecConfig) -> Known:
    history = history_of(project, config)
    if config.source == "folder":
        return Known(history, RevisionNames(history))
    return Known(history, RevisionNames(history, project.repository, config.paths))


def bound(raw: RawRun, specs: Sequence[Known], bindings: tuple[Binding, ...]) -> Bound:
    """What a run was evaluated under: by its stamp, else a binding, else an exact match of its system message.

    Raises RevisionError or LogError where nothing says so, a name stands for no revision, several fit, or the log
    shows the model another revision than the one it names.
    """
    mine = [known for known in specs if raw.spec in (None, known.history.spec)]
    if not mine:
        raise LogError(f"{raw.spec!r:.60} is no spec here", where=raw.where, field="spec", remedy="give its name")
    name = raw.stamp or bind(
        bindings,
        file_name=Path(raw.where).name,
        sha256=raw.source_sha256,
        model=raw.model,
        checkpoint=raw.checkpoint,
    )
    fits = _by_name(raw, name, mine) if name else _by_text(raw, mine)
    if len(fits) == 1:
        _check_shown(raw, fits[0], _by_text(raw, mine))
        return fits[0]
    if not fits:
        what = "does not say which revision was evaluated, and no system message is a revision's text"
        raise LogError(what, where=raw.where, field="spec_revision", remedy=REMEDY)
    among = ", ".join(sorted({fit.spec for fit in fits}))
    what = f"fits {len(fits)} revisions, of {among}"
    raise RevisionError(what, where=raw.where, field="spec_revision", remedy=f"give --spec, or {REMEDY}")


def _by_name(raw: RawRun, name: str, specs: Sequence[Known]) -> list[Bound]:
    found, errors = [], []
    for known in specs:
        try:
            revision = known.names.find(name)
        except RevisionError as error:
            errors.append(error)
        else:
            found.append(Bound(known.history.spec, known.history.revisions[revision]))
    if found:
        return found
    field = f"spec_revision {name[:80]}"
    raise RevisionError(errors[0].what, where=raw.where, field=field, remedy=errors[0].remedy) from errors[0]


def _by_text(raw: RawRun, specs: Sequence[Known]) -> list[Bound]:
    """The revisions whose every file is, word for word, a system message of the run."""
    messages = {plain(text) for text in raw.system_messages}
    return [
        Bound(known.history.spec, revision)
        for known in specs
        for revision in known.history.revisions.values()
        if (texts := _texts(revision)) and all(text in messages for text in texts)
    ]


def _check_shown(raw: RawRun, named: Bound, shown: Sequence[Bound]) -> None:
    others = [fit.revision.id for fit in shown if fit.spec == named.spec]
    if others and named.revision.id not in others:
        what = f"names {named.revision.id[:12]}, but its system message is, word for word, {others[0][:12]}"
        raise LogError(what, where=raw.where, field="spec_revision", remedy="correct the stamp or the binding")


def shown_to_model(raw: RawRun, revision: Revision) -> bool:
    """Whether the system messages of a log hold the text of every file of the revision."""
    messages = [plain(text) for text in raw.system_messages]
    texts = _texts(revision)
    return bool(texts) and all(any(text in message for message in messages) for text in texts)


def _texts(revision: Revision) -> list[str]:
    return [text for file in revision.files if (text := plain(file.text))]


def plain(text: str) -> str:
    """A text as it is compared: line ends as LF, without white space around it."""
    return text.replace("\r\n", "\n").strip()
