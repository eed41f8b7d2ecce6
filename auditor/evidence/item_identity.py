"""Items of a suite across its runs, under one name for one item: its id, its input and what checks it.

Runs come in with the ids that their logs give; the same runs go out, an item of which is renamed where its log gives
its id to another item than earlier logs did ("7 (version 2)"), or another id to the same. Everything that compares
items may then go by their names. A run that recorded no inputs meets the others by id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import TypeVar

from auditor.model.run import Awareness, ItemDetails, Run, SampleReasons, SeverityTally, Tallies

# As `readers.items.separate_items` tells items of one id apart.
_CHECKER_DIGITS = 8
_EARLIEST = datetime.min.replace(tzinfo=UTC)
AnyCounts = TypeVar("AnyCounts", Awareness, SeverityTally, SampleReasons)


@dataclass(frozen=True, slots=True)
class SuiteItems:
    """How the items of a suite's runs were told apart.

    Attributes:
        by_id: runs whose items rest on their ids alone, at least some, beside runs that tell their inputs.
        versions: by id, how many different items logs gave it to; those with two and more.
    """

    by_id: int
    versions: Mapping[str, int]


def identify_items(runs: Iterable[Run]) -> tuple[list[Run], dict[str, SuiteItems]]:
    """The runs, their items named by identity, in the same order; and how, by suite, where inputs are recorded."""
    every = list(runs)
    suites: dict[str, dict[str, list[Run]]] = {}
    for run in every:
        suites.setdefault(run.suite, {}).setdefault(run.condition, []).append(run)
    renamed: dict[str, Run] = {}
    identified: dict[str, SuiteItems] = {}
    for suite, conditions in suites.items():
        some = [run for group in conditions.values() for run in group if run.tallies.items is not None]
        if not any(run.details is not None and run.details.inputs for run in some):
            continue
        versions: Counter[str] = Counter()
        for group in conditions.values():  # conditions are variants of the same items, whose inputs may differ
            names = _SuiteNames()
            for run in sorted(group, key=lambda run: (run.created or _EARLIEST, run.record)):
                renamed[run.record] = _rename(run, names.of_run(run))
            versions |= names.versions
        several = {item: count for item, count in versions.items() if count > 1}
        identified[suite] = SuiteItems(sum(not has_inputs(run) for run in some), several)
    return [renamed.get(run.record, run) for run in every], identified


def name_items(manifests: Iterable[tuple[tuple[str, ...], ItemDetails | None]]) -> list[tuple[str, ...]]:
    """The names of the items of each manifest, in its order: one name for one item, as in `identify_items`.

    Args:
        manifests: ids with what else is known of them, of one suite and condition, in the order of time.
    """
    names = _SuiteNames()
    return [names.of_manifest(*manifest) for manifest in manifests]


def has_inputs(run: Run) -> bool:
    """Whether the input of every item of a run is recorded."""
    inputs = run.details.inputs if run.details is not None else None
    return inputs is not None and None not in inputs


@dataclass(frozen=True, slots=True)
class _Item:
    """An item as a log has it: its id, and the hashes of its input (with the key's check value) and checker."""

    id: str
    input: tuple[str | None, str] | None
    checker: str | None

    def agrees(self, checker: str | None) -> bool:
        return self.checker is None or checker is None or self.checker == checker


@dataclass(slots=True)
class _SuiteNames:
    """The names of the items of one suite, run by run, in the order of time.

    Attributes:
        latest: the name of the item that an id was given to last.
        by_item: by id and input, the checkers and names of the items.
        by_input: the same by input alone.
        keyed: ids with an input that was hashed with the same key.
        versions: by id, how many items it was given to.
    """

    latest: dict[str, str] = field(default_factory=dict)
    by_item: dict[tuple[str, tuple[str | None, str]], list[tuple[str | None, str]]] = field(default_factory=dict)
    by_input: dict[tuple[str | None, str], list[tuple[str | None, str]]] = field(default_factory=dict)
    keyed: set[tuple[str, str | None]] = field(default_factory=set)
    versions: Counter[str] = field(default_factory=Counter)
    _names_by_manifest: dict[tuple[tuple[str, ...], ItemDetails | None], tuple[str, ...]] = field(default_factory=dict)

    def of_run(self, run: Run) -> tuple[str, ...] | None:
        """The names of the run's items, in the order of its columns; None for a tally of a whole suite."""
        ids = run.tallies.items
        return None if ids is None else self.of_manifest(ids, run.details)

    def of_manifest(self, ids: tuple[str, ...], details: ItemDetails | None) -> tuple[str, ...]:
        """The names of items, in their order."""
        manifest = (ids, details)
        if details is None or manifest not in self._names_by_manifest:
            self._names_by_manifest[manifest] = self._of_manifest(_items(ids, details))
        return self._names_by_manifest[manifest]

    def _of_manifest(self, items: Sequence[_Item]) -> tuple[str, ...]:
        once = Counter(item.input for item in items)
        names: list[str | None] = [self._same(item) for item in items]
        used = {name for name in names if name is not None}
        for place, item in enumerate(items):
            if names[place] is None:
                moved = self._moved(item) if once[item.input] == 1 else None
                name = moved if moved is not None and moved not in used else self._by_id(item, used)
                names[place] = name
                used.add(name)
        final = [name or "" for name in names]
        for item, name in zip(items, final, strict=True):
            self._note(item, name)
        return tuple(final)

    def _same(self, item: _Item) -> str | None:
        """The name of the item with the same id, input and checker."""
        if item.input is None:
            return None
        among = self.by_item.get((item.id, item.input), ())
        return next((name for checker, name in among if item.agrees(checker)), None)

    def _moved(self, item: _Item) -> str | None:
        """The name of the only item with the same input and checker, which another id was given to."""
        if item.input is None:
            return None
        among = {name for checker, name in self.by_input.get(item.input, ()) if item.agrees(checker)}
        return among.pop() if len(among) == 1 else None

    def _by_id(self, item: _Item, names: set[str]) -> str:
        """The name of the id's last item where nothing tells the two apart; else a new one."""
        latest = self.latest.get(item.id)
        comparable = item.input is not None and (item.id, item.input[0]) in self.keyed
        if latest is not None and not comparable and latest not in names:
            return latest
        if latest is None and item.id not in names:
            self.versions[item.id] += 1
            return item.id
        while True:
            self.versions[item.id] = max(self.versions[item.id], 1) + 1
            name = f"{item.id} (version {self.versions[item.id]})"
            if name not in names and name not in self.latest:
                return name

    def _note(self, item: _Item, name: str) -> None:
        self.latest[item.id] = name
        if item.input is None:
            return
        self.keyed.add((item.id, item.input[0]))
        for among in (
            self.by_item.setdefault((item.id, item.input), []),
            self.by_input.setdefault(item.input, []),
        ):
            if (item.checker, name) not in among:
                among.append((item.checker, name))


def _items(ids: Sequence[str], details: ItemDetails | None) -> list[_Item]:
    inputs = details.inputs if details is not None and details.inputs is not None else (None,) * len(ids)
    checkers = details.checkers if details is not None and details.checkers is not None else (None,) * len(ids)
    key = details.input_key if details is not None else None
    return [
        _Item(
            id=id_.removesuffix(f"#{checker[:_CHECKER_DIGITS]}") if checker else id_,
            input=None if input_ is None else (key, input_),
            checker=checker,
        )
        for id_, input_, checker in zip(ids, inputs, checkers, strict=True)
    ]


def _rename(run: Run, names: tuple[str, ...] | None) -> Run:
    """The run with other names of its items, its columns in their order."""
    if names is None or names == run.tallies.items:
        return run
    order = sorted(range(len(names)), key=names.__getitem__)
    details = run.details
    return replace(
        run,
        tallies=_reorder_tallies(run.tallies, tuple(names[place] for place in order), order),
        details=None
        if details is None
        else ItemDetails(
            _reorder(details.inputs, order),
            details.input_key,
            _reorder(details.checkers, order),
            _reorder(details.clusters, order),
        ),
    )


def _reorder(column: tuple[str | None, ...] | None, order: Sequence[int]) -> tuple[str | None, ...] | None:
    return None if column is None else tuple(column[place] for place in order)


def _reorder_tallies(tallies: Tallies, items: tuple[str, ...], order: Sequence[int]) -> Tallies:
    def reordered(group: AnyCounts) -> AnyCounts:
        columns = {column.name: getattr(group, column.name) for column in fields(group)}
        return replace(group, **{name: tuple(column[at] for at in order) for name, column in columns.items()})

    return Tallies(
        items=items,
        valid=tuple(tallies.valid[at] for at in order),
        misaligned=tuple(tallies.misaligned[at] for at in order),
        invalid=tuple(tallies.invalid[at] for at in order),
        aware=None if tallies.aware is None else reordered(tallies.aware),
        severity=None if tallies.severity is None else reordered(tallies.severity),
        design_effect=tallies.design_effect,
        reasons=None if tallies.reasons is None else reordered(tallies.reasons),
    )
