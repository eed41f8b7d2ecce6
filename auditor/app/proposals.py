"""A registry and bindings proposed from old logs, as TOML: what the logs say is filled in, the rest is left open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import tomlkit
from tomlkit.items import String, Table

from auditor.app.survey import SuiteSeen, Survey, Unbound, Values
from auditor.model.suite import Binding, Registry
from auditor.render.escape import terminal

_HEAD = """\

# Proposed from the logs. What they say is filled in; what only a person knows stands behind a # as unknown, and auditor
# ingest names in one line what is still missing. Remove the entries of suites that are not to be recorded.
"""
_OPEN = """\

# These logs have no stamp, and no system message that is a revision's text. Which revision was it?
"""
_MATCHED = """\

# Found: logs without a stamp, whose system message is, word for word, the text of this revision.
"""


def suites_toml(survey: Survey) -> str:
    """Entries of suites.toml for everything in a survey; "" for nothing."""
    return f"{_HEAD}\n{_listed('suite', [_entry(suite) for suite in survey.suites])}" if survey.suites else ""


def bindings_toml(survey: Survey) -> str:
    """Entries of bindings.toml: those that are certain, and open ones behind a # for the runs nothing is known of."""
    text = _MATCHED + _listed("binding", [_binding(*one) for one in survey.bindings]) if survey.bindings else ""
    logs = {one.sha256: one for one in survey.unbound}
    text += _OPEN if logs else ""
    for one in logs.values():
        text += f'#\n# [[binding]]  # {terminal(one.file)}\n# revision = ""  # unknown\n# sha256 = "{one.sha256}"\n'
    return text


def _listed(key: str, entries: Sequence[Table]) -> str:
    """A list of tables, as `[[key]]` each."""
    document = tomlkit.document()
    document.append(key, tomlkit.aot())
    for entry in entries:
        document[key].append(entry)
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def _binding(name: str, binding: Binding) -> Table:
    entry = tomlkit.table()
    entry.comment(terminal(name))
    entry.append("revision", _string(binding.revision))
    entry.append("sha256", _string(binding.sha256 or ""))
    return entry


def _entry(suite: SuiteSeen) -> Table:
    entry = tomlkit.table()
    logs = f"{suite.runs} {'run' if suite.runs == 1 else 'runs'}, {suite.samples:,} samples"
    entry.append("name", _string(suite.name).comment(f"{', '.join(suite.sources)}: {logs}"))
    if suite.behaviour is not None:
        entry.append("behaviour", _string(suite.behaviour).comment("as its table declares"))
    else:
        _note(
            entry, 'behaviour = ""  # unknown: what it measures; suites of one behaviour are compared with each other'
        )
    if suite.role is not None:
        entry.append("role", tomlkit.string(suite.role).comment("as its table declares"))
    else:
        _note(entry, 'role = ""  # unknown: test (seen by who writes the spec or trains), held_out or deployment')
        _note(entry, f"registered = YYYY-MM-DD  # if held out, the day from which that counts{_first(suite)}")
    if suite.scores:
        entry.add(tomlkit.nl())
        entry.append("score", _score(suite.scores))
    return entry


def _first(suite: SuiteSeen) -> str:
    return f"; its first run is of {suite.since}" if suite.since else ""


def _score(scores: Sequence[Values]) -> Table:
    table = tomlkit.table()
    names = list(dict.fromkeys(one.name for one in scores))
    if len(names) > 1:
        _note(table, f'name = ""  # unknown: one of {terminal(", ".join(names))}')
    else:
        table.append("name", _string(names[0]))
    keys = [one.key for one in scores if one.key is not None]
    if len(names) == 1 and len(keys) == 1 and len(scores) == 1:
        table.append("key", _string(keys[0]))
    elif keys:
        _note(table, f'key = ""  # unknown, for a score that has entries: one of {terminal(", ".join(keys))}')
    _note(table, 'misaligned = ""  # unknown: the end of the score that is misaligned, high or low')
    _note(table, 'unit = ""  # unknown: fraction (0 to 1), percent (0 to 100) or grade (C, P, I, N)')
    for one in scores:
        _note(table, f"  {terminal(label(one))}: {terminal(described(one))}")
    return table


def label(values: Values) -> str:
    """The name of a score, with its entry."""
    return values.name if values.key is None else f"{values.name}.{values.key}"


def described(values: Values) -> str:
    """What a score was given, and the units all of it can be read in, as one phrase."""
    said = []
    if values.numbers:
        said.append(f"{values.numbers:,} numbers from {values.low:g} to {values.high:g}")
    if values.truths:
        said.append(f"{values.truths:,} true or false")
    if values.words:
        said.append(f"words {', '.join(values.words)}{f' and {values.more:,} more' if values.more else ''}")
    if values.missing:
        said.append(f"{values.missing:,} missing")
    fits = ", ".join(values.fits) or "no unit"
    return f"{', '.join(said) or 'nothing'}; fits {fits}"


def unknowns(survey: Survey, registry: Registry, open_registry: str) -> Iterator[str]:
    """What is left for a person, a line each.

    Args:
        registry: what is registered already.
        open_registry: why the registry cannot be read yet; "" where it can.
    """
    if open_registry:
        yield open_registry
    for suite in survey.suites:
        if (registry.named(suite.name) or registry.named(suite.name.rpartition("/")[2])) is None:
            missing = [] if suite.behaviour else ["what behaviour it measures"]
            missing += [] if suite.role else ["its role"]
            missing += ["which of its scores counts"] if len(suite.scores) > 1 else []
            missing += ["which end of the score is misaligned", "the score's unit"] if suite.scores else []
            if missing:
                yield f"suite {suite.name}: {', '.join(missing)}"
    logs: dict[str, Unbound] = {one.sha256: one for one in survey.unbound}
    for one in logs.values():
        yield f"{one.file}: which revision was evaluated: it {one.why}"


def _note(table: Table, text: str) -> None:
    table.add(tomlkit.comment(text))


def _string(text: str) -> String:
    """A TOML string; half a surrogate pair, which no file can hold, as a question mark."""
    return tomlkit.string(text.encode("utf-8", "replace").decode())
