"""A waiver of a loosening that version 1 named still names it."""

from __future__ import annotations

from auditor.assess.landing import LandingFacts, Rules
from auditor.checks.policy_loosened import CHECK
from auditor.model.finding import Finding
from auditor.model.policy import Policy


def test_the_identity_has_the_words_of_version_1() -> None:
    finding = CHECK.run(LandingFacts(after=Rules(policy=Policy(block_on=()))))
    assert isinstance(finding, Finding)
    assert finding.identity == "block_on without test-only, worse, measurement"
    assert finding.message == "the rules ask for less: block_on without test-only, mostly-test, worse, artefact"
