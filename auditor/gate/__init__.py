"""What is about to land: findings, policy and waivers into one frozen Decision.

In comes the audit of a merge with what its base knew (`MergeCandidate`); out goes a `Decision`, each of its findings
with a level. Open `rules` first: `apply_policy` gives the levels; `decision` applies waivers, `remedies` says what
would unblock.
"""
