"""How often held-out suites were looked at: by decisions, from runs; by people, from what was recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from auditor.assess.facts import Assessment
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.judge import assess
from auditor.evidence import assemble_evidence
from auditor.model.held_out_use import HeldOutUse
from auditor.model.policy import Policy
from auditor.model.suite import Registry, Role, Suite
from tests.assess.test_periods import stairs
from tests.worlds import history

SUITES = Registry(
    {
        "test-0": Suite("test-0", "lying", Role.TEST),
        "held-1": Suite("held-1", "lying", Role.HELD_OUT, looks_allowed=4),
        "live": Suite("live", "lying", Role.DEPLOYMENT),
    }
)


def look(before: str = "r0", after: str = "r3", suite: str = "held-1", spec: str = "spec", hour: int = 0) -> HeldOutUse:
    return HeldOutUse("", spec, (suite,), before, after, "gate --reveal", datetime(2026, 3, 1, hour, tzinfo=UTC))


def seen(*looks: HeldOutUse, without: str = "") -> Assessment:
    runs = [
        stair for stair in stairs([80, 60, 40, 20], [80] * 4) if (stair.suite, stair.revision) != ("held-1", without)
    ]
    return assess(assemble_evidence(history(["r0", "r1", "r2", "r3"]), runs, SUITES), Policy(), None, looks)


def test_every_two_states_it_was_run_on_are_a_look() -> None:
    assert seen().uses == (HoldoutReuse("held-1", 3, 0, 4),)
    assert seen(without="r3").uses == (HoldoutReuse("held-1", 2, 0, 4),)


def test_what_people_saw_counts_once_each() -> None:
    (use,) = seen(look(), look(hour=3), look(after="r2"), look(spec="another"), look(suite="test-0")).uses
    assert (use.revealed, use.uses, use.exhausted, use.overused) == (2, 5, True, True)


def test_one_look_left_is_not_worn_and_a_leak_is() -> None:
    (use,) = seen().uses
    assert (use.exhausted, use.overused) == (False, False)
    assert replace(use, leaked=("p",)).overused


def test_without_a_limit_nothing_is_spent() -> None:
    assert not HoldoutReuse("held-1", 500, 500, None).overused
