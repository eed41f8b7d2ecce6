"""The nouns, frozen: specs, clauses, suites, runs, policies, verdicts, findings. No behaviour beyond naming.

Nothing comes in but values; what every other layer passes on is made of these. Open `spec`, `run` and `finding`
first. `numbers` is how numbers and dates are written; `canonical`, `strict_json` and `toml` are how values are read
and written as bytes.
"""
