"""What suites are, as a command's options say it: test or held-out, which behaviour, which end of a score is bad.

In come `SuiteRoles` (the options) and a `SuiteSource` for each suite that the results hold; out comes a `Registry`.
Nothing is guessed: what the options, the results and the registered entries do not say, or say differently, is an
error that names the options that would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial

from auditor.errors import ConfigError
from auditor.model.suite import MisalignedEnd, Registry, Role, ScoreRule, ScoreUnit, Suite
from auditor.store.registry import FULL_SCALE

_SUITES_LISTED = 12
_ROLE_OPTIONS = {Role.TEST: "--test", Role.HELD_OUT: "--held-out"}


@dataclass(frozen=True, slots=True)
class SuiteRoles:
    """What suites are, as options of a command say it.

    Attributes:
        test, held_out: suites by the name that the results have for them, each perhaps as `SUITE:BEHAVIOUR`.
        behaviour: what all of these measure, where neither the results nor their own spelling say it.
        misaligned: the end of a log's score that is misaligned; None for tables, which say it row by row.
        unit: what a log's score is written in.
        score: the scorer, as NAME or NAME.KEY; None takes the only score there is.
    """

    test: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    behaviour: str | None = None
    misaligned: MisalignedEnd | None = None
    unit: ScoreUnit = ScoreUnit.FRACTION
    score: str | None = None

    def __bool__(self) -> bool:
        return self != SuiteRoles(unit=self.unit)


NO_ROLES = SuiteRoles()


@dataclass(frozen=True, slots=True)
class SuiteSource:
    """A suite as results have it.

    Attributes:
        name: as they call it.
        behaviours, roles: what tables say of it.
        scores: the scores of its logs with their values, as one phrase; "" for tables, which need no rule.
    """

    name: str
    behaviours: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    scores: str = ""

    def is_in(self, registry: Registry) -> bool:
        """Whether it is registered, perhaps without the package that its name begins with."""
        return any(registry.find_suite(name) for name in (self.name, self.name.rpartition("/")[2]))

    def has_role(self, registry: Registry) -> bool:
        """Whether it is registered, or its table says both what it measures and who can see it."""
        return self.is_in(registry) or bool(self.behaviours and self.roles)


def declare_suites(roles: SuiteRoles, sources: Sequence[SuiteSource], registered: Registry) -> Registry:
    """The registry that the command's options make, with the registered suites. Raises ConfigError."""
    names = {source.name for source in sources}
    if not roles.test and not roles.held_out:
        if any(source.has_role(registered) for source in sources):
            return registered
        subject = f"no suite was given a role; the results hold {list_names(sorted(names))}"
        remedy = "give --test SUITE for what the spec's writers see, and --held-out SUITE for what they do not"
        raise ConfigError(subject, where="--test", remedy=remedy)
    find = partial(_find_suite, names=names)
    entries = [
        *((Role.TEST, *find(text, Role.TEST)) for text in roles.test),
        *((Role.HELD_OUT, *find(text, Role.HELD_OUT)) for text in roles.held_out),
    ]
    by_name: dict[str, Role] = {}
    for role, name, _ in entries:
        if by_name.setdefault(name, role) is not role:
            raise ConfigError("is given as test and as held-out", where=f"suite {name}", remedy="leave one of them out")
    known_roles = (
        *by_name.values(),
        *(suite.role for suite in registered.suites.values()),
        *(role for source in sources for role in source.roles),
    )
    if Role.TEST not in known_roles:
        others = list_names(sorted(names - by_name.keys())) or "none besides"
        subject = f"no suite is given as test; the results hold {others}"
        raise ConfigError(subject, where="--test", remedy="give --test SUITE")
    behaviours = _behaviours(entries, sources, registered, roles.behaviour)
    rule = _score_rule(roles)
    suites = [_declared(name, role, behaviours[name], rule, sources, registered) for name, role in by_name.items()]
    suites += [suite for suite in _table_suites(sources, registered) if suite.name not in by_name]
    return Registry({**registered.suites, **{suite.name: suite for suite in suites}}, registered.labels)


def _table_suites(sources: Sequence[SuiteSource], registered: Registry) -> list[Suite]:
    """The suites whose tables say what they measure and who sees them.

    None of a behaviour that the project registers: what is not registered never enters that one.
    """
    behaviours = {suite.behaviour for suite in registered.suites.values()}
    return [
        Suite(source.name, behaviour, role)
        for source in sources
        if len(source.behaviours) == len(source.roles) == 1 and not source.is_in(registered)
        for behaviour, role in zip(source.behaviours, source.roles, strict=True)
        if behaviour not in behaviours
    ]


def _find_suite(text: str, role: Role, names: set[str]) -> tuple[str, str | None]:
    """The suite's name, and the behaviour that stands behind its colon. Raises ConfigError for a suite without runs."""
    name, colon, behaviour = text.rpartition(":")
    full_names = {**{each.rpartition("/")[2]: each for each in names}, **{each: each for each in names}}
    if text in full_names:
        return full_names[text], None
    if colon and name in full_names and behaviour.strip():
        return full_names[name], behaviour.strip()
    near = get_close_matches(text, full_names, 1)
    hint = f" (do you mean {near[0]}?)" if near else ""
    subject = f"no run of suite {text!r:.80}{hint}; the results hold {list_names(sorted(names))}"
    raise ConfigError(subject, where=_ROLE_OPTIONS[role], remedy="give one of these")


def _behaviours(
    entries: Sequence[tuple[Role, str, str | None]],
    sources: Sequence[SuiteSource],
    registered: Registry,
    behaviour: str | None,
) -> Mapping[str, str]:
    """What each suite measures: as it is spelled, as its table or the registry says, as --behaviour says, or the same
    as the only test suite, whose own name stands for it where nothing else does.

    Raises ConfigError where several test suites may measure different things, or two sources contradict each other.
    """
    behaviours: dict[str, str | None] = {}
    for _, name, spelled in entries:
        entry = registered.find_suite(name)
        of_results = (value for source in sources if source.name == name for value in source.behaviours)
        values = sorted({value for value in (spelled, entry.behaviour if entry else None, *of_results) if value})
        if len(values) > 1:
            subject = f"measures {' and '.join(map(repr, values))}, by what was given and by what the results say"
            raise ConfigError(subject, where=f"suite {name}", field="behaviour", remedy="give one behaviour")
        behaviours[name] = values[0] if values else behaviour
    tests = dict.fromkeys(name for role, name, _ in entries if role is Role.TEST)
    of_tests = {behaviours[name] for name in tests}
    if len(tests) == 1:
        [only] = tests
        common: str | None = behaviours[only] or only
    else:
        common = of_tests.pop() if len(of_tests) == 1 else None
    open_names = [name for name, value in behaviours.items() if value is None]
    if open_names and common is None:
        subject = f"what {list_names(open_names)} {'measures' if len(open_names) == 1 else 'measure'} is not said"
        remedy = "write SUITE:BEHAVIOUR for each, or --behaviour NAME where all measure the same"
        raise ConfigError(subject, where="--test, --held-out", field="behaviour", remedy=remedy)
    return {name: value or common or "" for name, value in behaviours.items()}


def _declared(
    name: str, role: Role, behaviour: str, rule: ScoreRule | None, sources: Sequence[SuiteSource], registered: Registry
) -> Suite:
    """A suite as the command gives it; what is registered of it stays. Raises ConfigError for contradictions."""
    entry = registered.find_suite(name)
    source = next(source for source in sources if source.name == name)
    roles = {entry.role} if entry else source.roles
    if roles - {role}:
        other = next(iter(roles - {role}))
        subject = f"is {other.value} by {'the registry' if entry else 'its table'}, and was given as {role.value}"
        raise ConfigError(subject, where=f"suite {name}", field="role", remedy="correct one of them")
    if entry is not None:
        return replace(entry, score=rule or entry.score)
    if rule is None and source.scores:
        subject = f"which of its scores are misaligned is not said; they are {source.scores}"
        remedy = "give --misaligned high or low; --unit percent or grade where they are no fractions"
        raise ConfigError(subject, where=f"suite {name}", field="score", remedy=remedy)
    return Suite(name, behaviour, role, score=rule if source.scores else None)


def _score_rule(roles: SuiteRoles) -> ScoreRule | None:
    if roles.misaligned is None:
        return None
    name, _, key = (roles.score or "").partition(".")
    return ScoreRule(name or None, key or None, roles.misaligned, roles.unit, FULL_SCALE[roles.unit] / 2)


def list_names(names: Iterable[str]) -> str:
    """The first dozen of some names, and how many more there are."""
    every = list(names)
    more = len(every) - _SUITES_LISTED
    return ", ".join(every[:_SUITES_LISTED]) + (f" and {more} more" if more > 0 else "")
