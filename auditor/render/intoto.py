"""A decision as an unsigned in-toto Statement v1, for whoever signs it.

The subject is the commit that was judged; the predicate is the decision as JSON, whose `base` names the commit it
lands on.
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from auditor.gate.decision import Decision
from auditor.render.documents import gate_document
from auditor.render.escape import format_json

STATEMENT = "https://in-toto.io/Statement/v1"
# Of another shape of the predicate it would be another: the number is that of its schema, auditor.gate/2.
PREDICATE = "urn:auditor:gate:2"
_SHA1 = 40  # hexadecimal digits


def intoto_statement(decision: Decision) -> str:
    """The statement, indented by two, with a newline at its end; the same decision gives the same bytes."""
    hashed = "sha1" if len(decision.head) == _SHA1 else "sha256"
    statement = {
        "_type": STATEMENT,
        # gitCommit is what the specification names it; the plain algorithm is what older verifiers look for.
        "subject": [{"name": "head", "digest": {"gitCommit": decision.head, hashed: decision.head}}],
        "predicateType": PREDICATE,
        "predicate": gate_document(decision),
    }
    return format_json(statement)
