"""Logs and tables into records: read, bind to a revision, name the suite, reduce to tallies, add.

Atomic per file.

In come paths and a project; out comes what became of each file. A run that does not say which revision it was
evaluated under is refused: by its stamp, a binding, or the spec's exact text as system message. Prompts are never
recorded; where there is a key, their keyed hashes are.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType

from auditor.app.project import Project, open_project, read_history
from auditor.app.prompts import PromptKey, read_prompt_key
from auditor.clauses.ablation import separate_changes
from auditor.errors import (
    EXIT_COULD_NOT_RUN,
    EXIT_PASS,
    InputError,
    LogError,
    RecordError,
    RepositoryError,
    RevisionError,
    TableError,
)
from auditor.model.canonical import sha256
from auditor.model.numbers import short_id
from auditor.model.raw_run import RawRun
from auditor.model.run import Ablation, Exposure, Grade, ItemDetails, ReportedTotal, Run, Tallies
from auditor.model.spec import History, Revision
from auditor.model.suite import Binding, Role, Suite
from auditor.readers.interface import (
    LOCAL_MASTER,
    Engine,
    LabelReader,
    Reader,
    ReadOptions,
    find_reader,
    is_table_folder,
    reader_for,
)
from auditor.readers.items import ItemHasher, SpecTexts
from auditor.readers.log_fields import REDACTED
from auditor.readers.table import READER as TABLE
from auditor.settings import SpecConfig
from auditor.specs.revision_names import RevisionNames
from auditor.store.labels import add_labels, encode_samples
from auditor.store.prompts import PromptFile, add_prompts, hash_prompts, key_check
from auditor.store.records import Outcome, RecordStore, is_same_run, last_record, record_id, run_identity
from auditor.store.registry import load_bindings, resolve_binding
from auditor.store.tally import chosen_score, describe_items, judge_samples

# Which revision of which spec a run was evaluated under. Nothing guesses: a run that does not say so is refused.


STAMP_REMEDY = (
    "evaluate with --metadata spec_revision=$(auditor revision), or name the log and its revision in bindings.toml"
)


_ID_PREFIX = re.compile("[0-9a-f]{6,64}")


@dataclass(frozen=True)
class NamedHistory:
    """A spec with its history, and the names its revisions go by.

    `ablations` are the texts that never landed and are known from manifests, by content id, and what each is.
    """

    history: History
    names: RevisionNames
    ablations: Mapping[str, tuple[Ablation, Revision]] = field(default_factory=dict)

    def find_ablation(self, name: str) -> str | None:
        """The content id of the text that never landed which begins with a name; None where none does, or several."""
        prefix = name.strip().lower()
        fits = [revision for revision in self.ablations if _ID_PREFIX.fullmatch(prefix) and revision.startswith(prefix)]
        return fits[0] if len(fits) == 1 else None

    def revisions_in(self, messages: Collection[str]) -> list[Revision]:
        """The revisions whose every file is one of these texts (as of `normalise_text`), in the order of history."""
        places = sorted({place for message in messages for place in self._places_by_text.get(message, ())})
        revisions = (self._revisions[place] for place in places)
        return [revision for revision in revisions if all(text in messages for text in _file_texts(revision))]

    @cached_property
    def _revisions(self) -> Sequence[Revision]:
        return (*self.history.revisions.values(), *(revision for _, revision in self.ablations.values()))

    @cached_property
    def _places_by_text(self) -> Mapping[str, Sequence[int]]:
        """Where in `_revisions` those stand that have this text as their first; made once for all runs."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, revision in enumerate(self._revisions):
            for text in _file_texts(revision)[:1]:
                places[text].append(place)
        return places


@dataclass(frozen=True, slots=True)
class BoundRevision:
    """A spec's name and the revision a run was evaluated under.

    Attributes:
        moving: the name that says so, where it may stand for another revision later: a branch, or HEAD; else "".
        ablation: what the text is, where it never landed.
    """

    spec: str
    revision: Revision
    moving: str = ""
    ablation: Ablation | None = None


def read_named_histories(project: Project) -> tuple[NamedHistory, ...]:
    """The histories of a project's specs, and the names of their revisions. Raises what `history_of` raises."""
    return tuple(_read_named_history(project, config) for config in project.specs)


def _read_named_history(project: Project, config: SpecConfig) -> NamedHistory:
    history = read_history(project, config)
    in_folders = config.source == "folder"
    names = RevisionNames(history) if in_folders else RevisionNames(history, project.repository, config.paths)
    return NamedHistory(history, names, _read_ablations(project, history))


def _read_ablations(project: Project, history: History) -> dict[str, tuple[Ablation, Revision]]:
    """The texts of the manifests of a spec that are no revision of its history, made again from those that are.

    A text that this version takes apart otherwise has no files here: it is known by its content id alone.
    """
    texts: dict[str, tuple[Ablation, Revision]] = {}
    for manifest in project.ablations:
        if manifest.spec != history.spec or not {manifest.before, manifest.after} <= history.revisions.keys():
            continue
        parts = separate_changes(history.revisions[manifest.before], history.revisions[manifest.after])
        by_id = {text.id: text for _, text in parts.counterfactuals()}
        for each in manifest.revisions:
            if each.revision not in history.revisions:
                ablation = Ablation(manifest.patch, each.kind, (each.change,))
                text = by_id.get(each.revision, Revision(each.revision, ()))
                texts.setdefault(each.revision, (ablation, text))
    return texts


def bind_revision(raw: RawRun, specs: Sequence[NamedHistory], bindings: tuple[Binding, ...]) -> BoundRevision:
    """What a run was evaluated under: by its stamp, else a binding, else an exact match of its system message.

    Raises RevisionError or LogError where nothing says so, a name stands for no revision, several fit, or the log
    shows the model another revision than the one it names.
    """
    mine = [spec for spec in specs if raw.spec in (None, spec.history.spec)]
    if not mine:
        raise LogError(f"{raw.spec!r:.60} is no spec here", where=raw.where, field="spec", remedy="give its name")
    redacted = raw.stamp == REDACTED
    name = (None if redacted else raw.stamp) or resolve_binding(
        bindings,
        file_name=Path(raw.where).name,
        sha256=raw.source_sha256,
        model=raw.model,
        checkpoint=raw.checkpoint,
    )
    fits = _bind_by_name(raw, name, mine) if name else _bind_by_text(raw, mine)
    if len(fits) == 1:
        _check_system_message(raw, fits[0], _bind_by_text(raw, mine))
        return fits[0]
    if not fits:
        says = (
            "has a stamp that its tool redacted as a secret"
            if redacted
            else "has no stamp, or an empty one (as a failed $(auditor revision) leaves)"
        )
        subject = f"{says}, and no system message is a revision's text"
        raise LogError(subject, where=raw.where, field="spec_revision", remedy=STAMP_REMEDY)
    among = ", ".join(sorted({fit.spec for fit in fits}))
    subject = f"fits {len(fits)} revisions, of {among}"
    raise RevisionError(subject, where=raw.where, field="spec_revision", remedy=f"give --spec, or {STAMP_REMEDY}")


def _bind_by_name(raw: RawRun, name: str, specs: Sequence[NamedHistory]) -> list[BoundRevision]:
    bound_revisions, errors = [], []
    for spec in specs:
        try:
            revision = spec.names.find(name)
        except RevisionError as error:
            text = spec.find_ablation(name)
            if text is None:
                errors.append(error)
            else:
                ablation, counterfactual = spec.ablations[text]
                bound_revisions.append(BoundRevision(spec.history.spec, counterfactual, ablation=ablation))
        else:
            moving = name if spec.names.moves(name) else ""
            bound_revisions.append(
                BoundRevision(spec.history.spec, _revision_of(spec.history, revision, name, raw), moving)
            )
    if bound_revisions:
        return bound_revisions
    field = f"spec_revision {name[:80]}"
    raise RevisionError(errors[0].what, where=raw.where, field=field, remedy=errors[0].remedy) from errors[0]


def _revision_of(history: History, revision: str, name: str, raw: RawRun) -> Revision:
    if revision not in history.revisions:
        subject = f"stands for a text of {history.spec} that is not in the history of HEAD"
        remedy = "merge or check out that commit, then ingest"
        raise RevisionError(subject, where=raw.where, field=f"spec_revision {name[:80]}", remedy=remedy)
    return history.revisions[revision]


def _bind_by_text(raw: RawRun, specs: Sequence[NamedHistory]) -> list[BoundRevision]:
    """The revisions whose every file is, word for word, a system message of the run."""
    messages = {normalise_text(text) for text in raw.system_messages}
    return [
        BoundRevision(spec.history.spec, revision, ablation=spec.ablations.get(revision.id, (None,))[0])
        for spec in specs
        for revision in spec.revisions_in(messages)
    ]


def _check_system_message(raw: RawRun, named: BoundRevision, fits: Sequence[BoundRevision]) -> None:
    others = [fit.revision.id for fit in fits if fit.spec == named.spec]
    if others and named.revision.id not in others:
        subject = (
            f"names {short_id(named.revision.id)}, but its system message is, word for word, {short_id(others[0])}"
        )
        raise LogError(subject, where=raw.where, field="spec_revision", remedy="correct the stamp or the binding")


def log_contains_revision(raw: RawRun, revision: Revision) -> bool:
    """Whether the system messages of a log hold the text of every file of the revision."""
    messages = [normalise_text(text) for text in raw.system_messages]
    texts = _file_texts(revision) if messages else []
    return bool(texts) and all(any(text in message for message in messages) for text in texts)


def _file_texts(revision: Revision) -> list[str]:
    return [text for file in revision.files if (text := normalise_text(file.text))]


def normalise_text(text: str) -> str:
    """A text as it is compared: line ends as LF, without white space around it."""
    return text.replace("\r\n", "\n").strip()


# Which files an ingest reads, and what reads them.


def choose_reader(path: Path, engine: Engine) -> Reader:
    """What reads a file; Spark is given tables only. Raises LogError for a file of no known kind."""
    return TABLE if engine is Engine.SPARK else reader_for(path)


def discover(paths: Sequence[Path], engine: Engine) -> tuple[list[Path], list[Path]]:
    """The files to ingest, and those in folders that are of no known kind; for Spark each path is one table."""
    files: list[Path] = []
    passed_over: list[Path] = []
    for path in paths:
        if path.is_dir() and not is_table_folder(path) and engine is not Engine.SPARK:
            for file in _walk_folder(path):
                (files if _has_reader(file) else passed_over).append(file)
        else:
            files.append(path)
    return files, passed_over


def _has_reader(file: Path) -> bool:
    try:
        return find_reader(file) is not None
    except LogError:
        # It cannot be opened, or is cut short: that is a refusal, not a file of another kind.
        return True


def _walk_folder(folder: Path) -> Iterator[Path]:
    """The regular files below a folder, tables that are folders first; hidden ones and links are left alone."""
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(at, name) for name in folders if is_table_folder(Path(at, name)))
        folders[:] = [name for name in folders if not is_table_folder(Path(at, name))]
        files = (Path(at, name) for name in sorted(names) if not name.startswith("."))
        yield from (file for file in files if file.is_file() and not file.is_symlink())


# What a log or table says of a run, as a record has it: which revision, which suite, counted by item.


# How much of a plan's id says which it is.
PLAN_PREFIX = 8


@dataclass(frozen=True)
class IngestRules:
    """What runs are read by: the project, its specs' histories and their names, its bindings.

    Attributes:
        hasher: what makes the hashes of items, with the spec's texts and, where there is one, the key of prompts.
        input_key: the check value of that key; None without.
    """

    project: Project
    specs: tuple[NamedHistory, ...]
    bindings: tuple[Binding, ...]
    hasher: ItemHasher
    input_key: str | None

    @property
    def registry_file(self) -> str:
        """The registry's path, for messages."""
        return f"{self.project.settings.store}/suites.toml"

    @cached_property
    def recorded(self) -> Mapping[str, Sequence[Run]]:
        """The recorded runs by what a run that is read may have in common with them: identity, log and source."""
        runs: dict[str, list[Run]] = defaultdict(list)
        for run in self.project.runs:
            for name in {run.identity, run.source_sha256, *([run.log] if run.log else [])}:
                runs[name].append(run)
        return runs


def read_ingest_rules(project: Project, key: bytes | None = None) -> IngestRules:
    """The rules of a project; `key` is that of hashed prompts.

    Raises ConfigError or RepositoryError where a history or the bindings cannot be read.
    """
    specs = read_named_histories(project)
    revisions = (
        revision
        for named in specs
        for revision in (*named.history.revisions.values(), *(text for _, text in named.ablations.values()))
    )
    texts = (file.text for revision in revisions for file in revision.files)
    return IngestRules(
        project,
        specs,
        load_bindings(project.tree, project.settings.store),
        ItemHasher(key, SpecTexts(texts)),
        None if key is None else key_check(key),
    )


def to_runs(raw: RawRun, rules: IngestRules) -> list[tuple[Run, bytes | None]]:
    """The runs as they are recorded: bound to a revision, of a registered or declared suite, reduced to tallies.

    A log gives one for each suite that counts a score of it. With each, the file it names that says how each sample
    was judged; None without. Raises ConfigError, LogError, RevisionError or TableError for a run that does not say
    enough, or contradicts.
    """
    suites = _resolve_suites(raw, rules)
    where = _bind_as_recorded(raw, bind_revision(raw, rules.specs, rules.bindings), rules)
    return [_to_run(raw, suite, where, rules, several=len(suites) > 1) for suite in suites]


def _to_run(
    raw: RawRun, suite: Suite, where: BoundRevision, rules: IngestRules, *, several: bool
) -> tuple[Run, bytes | None]:
    tallies, verdicts = judge_samples(raw, suite)
    details = describe_items(raw, tallies.items, rules.input_key)
    totals = _totals(raw, suite)
    samples = encode_samples(verdicts) if verdicts else None
    run = Run(
        record="",
        identity=_identity(raw, where.revision, suite, rules, several=several),
        spec=where.spec,
        revision=where.revision.id,
        suite=suite.name,
        behaviour=raw.behaviour,
        role=raw.role,
        model=raw.model,
        checkpoint=raw.checkpoint or raw.model,
        parent_checkpoint=raw.parent_checkpoint,
        condition=raw.condition,
        exposure=_exposure(raw, where),
        scorer=raw.scorer,
        sampling=raw.sampling,
        created=raw.created,
        planned=raw.planned,
        incomplete=raw.incomplete or _reason_disagreeing(totals),
        source=raw.source,
        source_sha256=raw.source_sha256,
        grade=_grade(raw, where.revision, details),
        tallies=tallies,
        cot_pressure=raw.cot_pressure,
        code_revision=raw.code_revision,
        samples=None if samples is None else sha256(samples),
        signals=raw.signals,
        plan=_resolve_plan(raw, rules),
        log=raw.log_id,
        score=chosen_score(raw, suite) if several else None,
        protocol=raw.protocol,
        details=details,
        ablation=where.ablation,
        totals=totals,
    )
    return replace(run, record=record_id(run)), samples


def _identity(raw: RawRun, revision: Revision, suite: Suite, rules: IngestRules, *, several: bool) -> str:
    """The run's identity: the one under which the suite's run of this log is recorded; else the log's id while no other
    suite's run has it, and with the suite's name where several suites count it."""
    plain = run_identity(raw, revision.id, suite.name)
    if raw.log_id is None:
        return plain
    own = f"{plain}#{suite.name}"
    recorded = {run.identity: run.suite for name in (plain, own) for run in rules.recorded.get(name, ())}
    if recorded.get(plain) == suite.name:
        return plain
    return own if several or own in recorded or plain in recorded else plain


def _bind_as_recorded(raw: RawRun, bound_revision: BoundRevision, rules: IngestRules) -> BoundRevision:
    """The revision that a run was recorded under, where its name has moved since; else the one it stands for now.

    Raises RevisionError where the same source is recorded under several.
    """
    if not bound_revision.moving:
        return bound_revision
    recorded = {
        run.revision
        for run in rules.project.runs
        if run.spec == bound_revision.spec and run_identity(raw, run.revision, run.suite) in (run.identity, run.log)
    }
    if not recorded or bound_revision.revision.id in recorded:
        return bound_revision
    if len(recorded) > 1:
        subject = f"has moved since this source was recorded, under {len(recorded)} revisions"
        field = f"spec_revision {bound_revision.moving[:80]}"
        raise RevisionError(subject, where=raw.where, field=field, remedy="write the commit in place of it")
    history = next(spec.history for spec in rules.specs if spec.history.spec == bound_revision.spec)
    return replace(bound_revision, revision=_revision_of(history, recorded.pop(), bound_revision.moving, raw))


def moving_names(runs: Iterable[tuple[RawRun, Run]], rules: IngestRules) -> tuple[str, ...]:
    """A sentence for each name of a revision that may move, such as a branch, with what it counts as in the run."""
    sentences = {
        f"spec_revision {raw.stamp} may move; it is read as revision {short_id(run.revision)}": None
        for raw, run in runs
        for spec in rules.specs
        if raw.stamp and raw.stamp != REDACTED and run.ablation is None
        if spec.history.spec == run.spec and spec.names.moves(raw.stamp)
    }
    return tuple(sentences)


def _totals(raw: RawRun, suite: Suite) -> tuple[ReportedTotal, ...]:
    """What the tool says of its own run, by name; of scores, what it says of the one that counts."""
    scorers = ("", suite.score.name) if suite.score is not None and suite.score.name is not None else raw.totals.keys()
    return tuple(
        sorted(
            (reported_total for scorer in scorers for reported_total in raw.totals.get(scorer, ())),
            key=lambda reported_total: reported_total.name,
        )
    )


def _reason_disagreeing(totals: Sequence[ReportedTotal]) -> str | None:
    """Why a run whose tool says of it what its rows do not bear out supports no verdict; None where all agree."""
    wrong = ", ".join(
        f"{total.name} {total.reported:g} (the rows: {total.counted:g})" for total in totals if not total.agrees
    )
    return f"the log's own totals are not those of its rows: {wrong}" if wrong else None


def _resolve_plan(raw: RawRun, rules: IngestRules) -> str | None:
    """The whole id of the plan a run was stamped with. Whether it is what was planned is for the audit to say."""
    if raw.plan is None:
        return None
    fits = [
        plan.id for plan in rules.project.plans if len(raw.plan) >= PLAN_PREFIX and plan.id.startswith(raw.plan.lower())
    ]
    if len(fits) != 1:
        subject = (
            f"{raw.plan!r:.80} is {'no plan that is recorded here' if not fits else 'the beginning of several plans'}"
        )
        raise LogError(
            subject, where=raw.where, field="auditor_plan", remedy="fetch the records of whoever planned the run"
        )
    return fits[0]


def _resolve_suites(raw: RawRun, rules: IngestRules) -> tuple[Suite, ...]:
    """The registered suites, also without the package a task's name may begin with; else the one a table declares."""
    registry = rules.project.registry
    suites = registry.find_suites(raw.suite) or registry.find_suites(raw.suite.rpartition("/")[2])
    if not suites and (raw.behaviour is None or raw.role is None):
        name = ", ".join(sorted(registry.suites)) or "none yet"
        subject = f"{raw.suite!r:.80} is no suite and no task of one (known: {name:.200})"
        file = re.sub(r":\d+$", "", raw.where)
        command = f"auditor init --from {shlex.quote(file)} --test {shlex.quote(raw.suite)}"
        remedy = f"{command} registers it (--held-out for what the spec's writers do not see)"
        raise LogError(subject, where=raw.where, field="suite", remedy=remedy)
    if not suites:
        assert raw.behaviour is not None
        assert raw.role is not None
        return (Suite(raw.suite, raw.behaviour, raw.role),)
    suites = suites[:1] if isinstance(raw.samples, Tallies) else suites
    for suite in suites:
        _check_declared("behaviour", raw.behaviour, suite.behaviour, raw, rules)
        _check_declared("role", raw.role, suite.role, raw, rules)
    return suites


def _check_declared(field: str, declared: str | None, registered: str, raw: RawRun, rules: IngestRules) -> None:
    if declared not in (None, registered):
        subject = f"{declared:.80} contradicts {rules.registry_file}, which says {registered} of suite {raw.suite:.80}"
        raise TableError(subject, where=raw.where, field=field, remedy="correct one of them")


def _grade(raw: RawRun, revision: Revision, details: ItemDetails | None) -> Grade:
    """A only for a log that holds the spec's text, and the input of every item: else items rest on their ids."""
    if isinstance(raw.samples, Tallies) and not raw.by_sample:
        return Grade.C
    identified = details is not None and details.inputs is not None and None not in details.inputs
    return Grade.A if identified and log_contains_revision(raw, revision) else Grade.B


def _exposure(raw: RawRun, where: BoundRevision) -> Exposure | None:
    """What the source says; where it says nothing, a log whose system messages hold the spec shows it.

    Raises LogError for a text that never landed and is not shown in context: no model was trained on it.
    """
    if where.ablation is not None and raw.exposure not in (None, Exposure.IN_CONTEXT):
        subject = f"{raw.exposure}, but an ablation is shown to the model in its context"
        raise LogError(subject, where=raw.where, field="exposure", remedy="evaluate it in context, or correct the log")
    if not log_contains_revision(raw, where.revision):
        return raw.exposure
    if raw.exposure is Exposure.ABSENT:
        subject = "absent, but the spec's text is in the log's system messages"
        raise LogError(subject, where=raw.where, field="exposure", remedy="correct the log's metadata")
    return raw.exposure or Exposure.IN_CONTEXT


# Logs and tables into records: read, bind to a revision, name the suite, reduce, add. Atomic per file.
#
# Prompts are never recorded; where there is a key, their keyed hashes are.


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    Attributes:
        path: as it was given or found.
        runs: runs read from it; 0 for a refused file.
        added: of those, the ones recorded now (or, in a dry run, that would be).
        present: of those, the ones that were recorded before.
        incomplete: of those, the ones that cannot support a verdict.
        hashed, unhashed: prompts in it whose keyed hashes were kept, and prompts that were dropped for want of a key.
        edited: samples in it with a score that was changed after it was given.
        retried: samples in it that were run again; the last attempt counts.
        corrected: of its runs, those that correct what is recorded of them.
        labelled: samples of logs that it has labels of; `added` and `present` then count evaluations.
        moving: sentences on names of revisions in it that may stand for others later, such as branches.
        refused: one line that says why the file was refused; None for a good one.
    """

    path: str
    runs: int = 0
    added: int = 0
    present: int = 0
    incomplete: int = 0
    hashed: int = 0
    unhashed: int = 0
    edited: int = 0
    retried: int = 0
    corrected: int = 0
    labelled: int = 0
    moving: tuple[str, ...] = ()
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of all files.

    Attributes:
        passed_over: files in folders that are of no known kind.
        no_key: why there is no key to hash prompts with; "" with one.
    """

    files: tuple[FileReport, ...]
    passed_over: tuple[str, ...]
    dry_run: bool
    no_key: str = ""

    @property
    def refusals(self) -> tuple[str, ...]:
        """One line for every refused file."""
        return tuple(file.refused for file in self.files if file.refused)

    @property
    def exit_code(self) -> int:
        """2 where something was refused; what was good has landed all the same."""
        return EXIT_COULD_NOT_RUN if self.refusals else EXIT_PASS


def ingest(
    paths: Sequence[Path | str],
    *,
    root: Path,
    specs: Sequence[str] = (),
    extra: str,
    dry_run: bool,
    environment: Mapping[str, str] = MappingProxyType({}),
    engine: Engine = Engine.DUCKDB,
    master: str | None = None,
    progress: Progress | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
    correction: Correction | None = None,
) -> IngestReport:
    """Record the runs of logs and tables.

    Args:
        paths: files, or folders that are walked in the order of their names; for Spark each is one table, or
            the address of one (`s3a://…`), as text.
        root: a folder in the repository, or of dated revisions, whose project the runs belong to.
        specs: as for `choose_specs`: those that runs may be of.
        extra: "ignore" skips columns a table's contract does not know; "error" refuses them.
        dry_run: do everything but write.
        environment: its variables, one of which may say where the key of hashed prompts is.
        engine: what counts tables.
        master: Spark's; None for every core of this machine.
        columns: what tables call their columns, as of `parse_column_map`.
        progress: told which file is being read, and how much of it is counted where that is known.
        correction: runs that are recorded with other content correct that; None refuses them.

    Raises ConfigError, RepositoryError or RecordError where the project itself cannot be read. What is wrong with a
    file is in the report.
    """
    project = open_project(root, specs)
    with project.repository or nullcontext():
        if project.repository and project.repository.worktree is None:
            remedy = "run this in a clone, and commit what it writes"
            raise RepositoryError("is bare, and records are files of a work tree", where=str(root), remedy=remedy)
        addresses = {Path(path): path for path in paths if isinstance(path, str) and "://" in path}
        options = ReadOptions(extra == "ignore", engine, master or LOCAL_MASTER, addresses, columns=columns)
        return _ingest_files(
            list(map(Path, paths)),
            project,
            options,
            dry_run,
            read_prompt_key(project, environment),
            progress,
            correction,
        )


# Told a file's name and how much of it is counted, 0 to 1; None where a file begins.
Progress = Callable[[str, float | None], None]
# The behaviour and role of each suite, as tables declare them.
DeclaredSuites = dict[str, tuple[str, Role]]


@dataclass(frozen=True, slots=True)
class Correction:
    """That runs which are recorded with other content were scored again, or that their score was read wrongly.

    Attributes:
        reason: why, as the records say it.
        record: the only record that may be corrected, or the beginning of its id; None for any.
    """

    reason: str
    record: str | None = None


@dataclass(frozen=True, slots=True)
class _Context:
    """What a file is judged by: the project and its rules, what tables declared before, the key."""

    project: Project
    rules: IngestRules
    declared: DeclaredSuites
    key: PromptKey
    dry_run: bool
    correction: Correction | None


def _ingest_files(
    paths: Sequence[Path],
    project: Project,
    options: ReadOptions,
    dry_run: bool,
    key: PromptKey,
    progress: Progress | None,
    correction: Correction | None,
) -> IngestReport:
    store_path = project.settings.store
    context = _Context(
        project, read_ingest_rules(project, key.bytes), _declared_suites(project.runs, {}), key, dry_run, correction
    )
    store = RecordStore(project.root, store_path, dry_run=dry_run)
    options = replace(options, hasher=context.rules.hasher)
    files, passed_over = discover(paths, options.engine)
    reports = []
    for path in files:
        if progress:
            progress(str(path), None)
            options = replace(options, progress=partial(progress, str(path)))
        reports.append(_ingest_file(path, context, store, options))
    return IngestReport(tuple(reports), tuple(map(str, passed_over)), dry_run, key.why)


def _ingest_file(path: Path, context: _Context, store: RecordStore, options: ReadOptions) -> FileReport:
    try:
        its = choose_reader(path, options.engine)
        if isinstance(its, LabelReader):
            return _ingest_labels(path, its, context)
        raws = its.read(path, options)
        prepared = [(raw, *to_run) for raw in raws for to_run in to_runs(raw, context.rules)]
        if context.correction is not None:
            prepared = [(raw, _correct(run, context.correction, context.rules), file) for raw, run, file in prepared]
        runs = [run for _, run, _ in prepared]
        declared = _declared_suites(runs, context.declared)
        outcomes = store.add(runs, {run.samples: file for _, run, file in prepared if run.samples and file})
        context.declared.update(declared)
        prompts = _prompts_by_suite((raw, run) for raw, run, _ in prepared)
        prompt_files = _store_prompts(prompts, context)
    except InputError as error:
        line = str(error)
        return FileReport(str(path), refused=line if line.startswith(str(path)) else f"{path}: {line}")
    return FileReport(
        path=str(path),
        corrected=sum(run.corrects is not None for run in runs),
        runs=len(runs),
        added=outcomes.count(Outcome.ADDED),
        present=outcomes.count(Outcome.PRESENT),
        incomplete=sum(run.incomplete is not None for run in runs),
        edited=sum(raw.edited for raw in raws),
        retried=sum(raw.retried for raw in raws),
        moving=moving_names(((raw, run) for raw, run, _ in prepared), context.rules),
        hashed=sum(len(file.prompts) for file in prompt_files),
        unhashed=0 if context.key.bytes else sum(map(len, prompts.values())),
    )


def _correct(run: Run, correction: Correction, rules: IngestRules) -> Run:
    """The run as a correction of its last record; as it is where it has none, or one that says the same.

    Raises RecordError where another record is to be corrected.
    """
    family = [other for other in rules.recorded.get(run.identity, ()) if other.identity == run.identity]
    last = last_record(family, run.identity)
    if last is None or any(is_same_run(run, other) for other in family):
        return run
    if correction.record is not None and not last.record.startswith(correction.record.lower()):
        subject = f"is no record that this log corrects: that is {last.record}"
        raise RecordError(subject, where=correction.record, field="--correct", remedy="give its id, or --rescored")
    corrected = replace(run, corrects=last.record, reason=correction.reason)
    return replace(corrected, record=record_id(corrected))


def _ingest_labels(path: Path, its: LabelReader, context: _Context) -> FileReport:
    """Labels are kept whether or not the logs they are about are recorded yet."""
    project = context.project
    labels = its.labels(path, project.registry.labels, context.rules.registry_file)
    new = add_labels(project.root, project.settings.store, labels, dry_run=context.dry_run) if labels else ()
    labelled = sum(len(label.labels) for label in labels)
    return FileReport(str(path), added=sum(new), present=len(new) - sum(new), labelled=labelled)


def _store_prompts(prompts: Mapping[str, set[tuple[str, str]]], context: _Context) -> Sequence[PromptFile]:
    """Keeps the hashed prompts of a file, one file a suite; none without a key."""
    key = context.key.bytes
    if key is None:
        return ()
    files = [hash_prompts(suite, texts, key) for suite, texts in sorted(prompts.items())]
    if files and not context.dry_run:
        add_prompts(context.project.root, context.project.settings.store, files)
    return files


def _prompts_by_suite(runs: Iterable[tuple[RawRun, Run]]) -> Mapping[str, set[tuple[str, str]]]:
    """The prompts of a file as (item, text), by the suite's registered name."""
    prompts = defaultdict[str, set[tuple[str, str]]](set)
    for raw, run in runs:
        if raw.prompts:
            prompts[run.suite].update(raw.prompts)
    return prompts


def _declared_suites(runs: Sequence[Run], before: DeclaredSuites) -> DeclaredSuites:
    """What tables say of each suite, with what was said before. Raises TableError where one says something else."""
    declared = dict(before)
    for run in runs:
        if run.behaviour is not None and run.role is not None:
            declaration = declared.setdefault(run.suite, (run.behaviour, run.role))
            if declaration != (run.behaviour, run.role):
                subject = f"{run.behaviour} as {run.role}, elsewhere {declaration[0]} as {declaration[1]}"
                remedy = "name the two suites differently, or say in suites.toml which it is"
                raise TableError(subject, where=f"suite {run.suite}", field="behaviour, role", remedy=remedy)
    return declared
