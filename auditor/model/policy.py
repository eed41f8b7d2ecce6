"""What a project does about verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from auditor.model.run import Grade


class OnInconclusive(StrEnum):
    """What the gate does about an inconclusive verdict."""

    PASS = "pass"
    WARN = "warn"
    REQUIRE = "require"


class RequireHeldOut(StrEnum):
    """When a patch must come with held-out evidence."""

    ALWAYS = "always"
    WITH_TEST = "with-test"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Policy:
    """The `[policy]` table of auditor.toml.

    Attributes:
        transfer_threshold: a fall of which less than this share carried over stayed on the test; 0 to 1.
        unchanged_margin: a fall whose upper limit is under it is no change; 0 to 1.
        rise_margin: a rise of no more than it, in rate units, is not called worse; 0 to 1.
        error_rate: a patch's chance of a false accusation, and of a false clearance; 0 to 0.5.
        zero_tolerance: an after-rate up to it is near zero; 0 to 1.
        false_discovery_rate: across the stream of patches; 0 to 1.
        block_on: verdicts or check codes that block.
        on_inconclusive: what the gate does about an inconclusive verdict.
        require_held_out: when a patch must come with held-out evidence.
        evidence_debt_days: days a trained-in spec may land before its evaluation; None allows no debt.
        reveal_held_out: whether the gate shows held-out rates to authors.
        clear_requires_grade: the least grade of evidence (A, B, C) that clears a patch; C asks for none.
        two_person: whether a waiver counts only where somebody else than the patch's author committed it.
    """

    transfer_threshold: float = 0.5
    unchanged_margin: float = 0.2
    rise_margin: float = 0.01
    error_rate: float = 0.05
    zero_tolerance: float = 0.005
    false_discovery_rate: float = 0.1
    block_on: tuple[str, ...] = ("test-only", "mostly-test", "worse", "artefact")
    on_inconclusive: OnInconclusive = OnInconclusive.WARN
    require_held_out: RequireHeldOut = RequireHeldOut.WITH_TEST
    evidence_debt_days: int | None = None
    reveal_held_out: bool = False
    two_person: bool = False
    clear_requires_grade: Grade = Grade.C
