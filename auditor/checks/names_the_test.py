"""The patch speaks of the test, the grader or the monitor.

What it looks for
Clauses that the patch adds or rewords and that tell the model about being evaluated, graded or monitored: phrases such
as "when you are being tested", "the grader", "evaluation scenarios", "while monitored".

Why it matters
A rule that holds when the model believes it is watched teaches it to tell the two apart. A rule that speaks of the test
can lower the test score and nothing else.

What to do
Write the rule for the situation itself, so that it holds whoever looks. Where the clause says that behaviour must be
the same with and without a monitor, accept the finding with that reason.

What it cannot see
Wording that fits a test without naming one, and a test that is named in a sentence about code: there "test case" and
"monitor" are things that the model works on. A clause that asks for the same behaviour when observed and unobserved
speaks of monitoring too, and is reported at low confidence.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from auditor.assess.text import PatchText
from auditor.checks.interface import Clear, TextCase, TextCheck, TextOutcome, place_of, quote_some
from auditor.clauses.lexicon import sentence_spans, to_prose
from auditor.model.clause import ChangeKind, Clause, ClauseKind
from auditor.model.finding import Confidence, Finding, Severity

# Who is tested, as a spec speaks of it; "it" and a bare "when tested" count where nothing else in the sentence can be.
_MODEL = (
    r"(?:you|yourself|we|i|claude|chatgpt|gpt|gemini|grok"
    r"|(?:the |an? |this |any |our )?(?:ai |language )?(?:assistant|model|chatbot|bot|ai)s?)"
)
_WORK = (
    r"(?:your|its|the (?:assistant|model|chatbot|bot)'s) (?:\w+ )?"
    r"(?:answer|response|output|work|behaviou?r|action|reasoning|conduct|performance)s?"
)
_THIS = r"(?:this|the|a|any|current) (?:conversation|interaction|dialogue|situation|scenario|session|exchange|prompt)"
_PASSIVE = r"(?:tested|evaluated|graded|monitored|observed|red-teamed|watched)"
_BE = r"(?:(?:is|are|was|were|be|been|being|gets?)|(?:may|might|could|will|would|can|must) (?:\w+ )?be|'(?:re|s))"
_STRONG = re.compile(
    rf"""\b(?:
        (?:{_MODEL}|{_WORK}|{_THIS})\b[ ]?(?:\w+[ ])?{_BE}(?:[ ]\w+)?[ ]{_PASSIVE}
      | (?:while|when|if|unless|whenever|whether[ ]or[ ]not)[ ](?:\w+[ ])?(?:being[ ])?
        (?:red-teamed|watched|monitored|observed|unobserved|graded)
      | (?:while|when|if|without|of|for)[ ]being[ ](?:tested|evaluated|assessed|graded|monitored|observed|watched)
      | (?:the|a|any|our|your)[ ](?:\w+[ ])?(?:graders?|grading[ ]models?)
      | (?:evaluation|eval|benchmark|red-?team(?:ing)?)[ ](?:scenario|environment|prompt|item|question)s?
      | (?:is|was|be)[ ](?:just[ ]|only[ ]|really[ ]|likely[ ]|probably[ ])?(?:a|an)[ ]
        (?:test|evaluation|eval|red-?team(?:ing)?[ ](?:exercise|attempt))
      | graders
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
# As often words of the subject: they count in a sentence that speaks of the model, and of no program.
_WEAK = re.compile(
    r"""\b(?:
        (?:the|a|an|any|our)[ ](?:evaluators?|monitors?|benchmarks?|evals?)
        (?=[ ]*[.,;:!?)]|[ ](?:that|who|is|sees|may|can|must|should|and|or|reads|looks|will)\b|$)
      | test[ ](?:scenario|environment|prompt|item|question)s?
      | in[ ](?:a|an|the)[ ](?:test|evaluation|eval)
      | evals
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SPEAKS_OF_MODEL = re.compile(rf"\b(?:{_MODEL}|your)\b", re.IGNORECASE)
_OF_A_PROGRAM = re.compile(
    r"`|\b(?:code|coding|unit|integration|regression|coverage|functions?|methods?|class(?:es)?|modules?|implementation"
    r"|apis?|endpoints?|components?|deploy\w*|staging|production|repositor(?:y|ies)|commits?|pull requests?|fixtures?"
    r"|bugs?|mocks?|asserts?|assertions?|pytest|jest|ci|builds?|compil\w+|scripts?|libraries|library|packages?|skills?"
    r"|expressions?|servers?|clients?|resources?|requests?|status|services?|dashboards?|alerts?|logs|metrics|tdd|linters?|refactor\w*)\b",
    re.IGNORECASE,
)
# So many clauses of one file are its subject.
_MANY = 4
# A text without any of these has none of the phrases.
_STEMS = ("test", "eval", "grad", "monitor", "observ", "watch", "team", "benchmark", "assess")
_REGARDLESS = re.compile(
    r"whether or not|regardless|even (?:if|when)|the same|no difference|as (?:it|you) would|unobserved",
    re.IGNORECASE,
)


def run(facts: PatchText) -> TextOutcome:
    """Fires on each rule with a phrase of this kind that it did not have before; once for a file with many: it is about
    evaluations."""
    by_file: dict[str, list[tuple[Clause, list[str]]]] = {}
    for change in facts.changes:
        clause = change.after
        if (
            clause is None
            or change.kind is ChangeKind.MOVED
            or clause.kind in (ClauseKind.EXAMPLE, ClauseKind.COMMENTARY)
        ):
            continue
        new = find_phrases(clause.text) - find_phrases(change.before.text if change.before else "")
        if new:
            by_file.setdefault(clause.path, []).append((clause, sorted(new)))
    return tuple(finding for group in by_file.values() for finding in _findings(group))


def find_phrases(text: str) -> frozenset[str]:
    """The phrases about being tested, graded or monitored, in lower case."""
    if not any(stem in text.casefold() for stem in _STEMS):
        return frozenset()
    prose = to_prose(text)
    sentences = (prose[start:end] for start, end in sentence_spans(prose))
    return frozenset(phrase for sentence in sentences for phrase in _sentence_phrases(sentence))


@lru_cache(maxsize=2**12)
def _sentence_phrases(sentence: str) -> frozenset[str]:
    strong = _STRONG.finditer(sentence)
    speaks_of_model = _SPEAKS_OF_MODEL.search(sentence) and not _OF_A_PROGRAM.search(sentence)
    weak = _WEAK.finditer(sentence) if speaks_of_model else iter(())
    return frozenset(" ".join(match[0].lower().split()) for match in chain(strong, weak))


def _findings(group: Sequence[tuple[Clause, list[str]]]) -> Iterator[Finding]:
    if len(group) < _MANY:
        yield from (_finding(clause, phrases) for clause, phrases in group)
        return
    texts = [clause.text for clause, _ in group]
    message = f"{len(group):,} clauses of the file speak of tests, graders or monitors: {quote_some(texts)}"
    yield Finding(message, Confidence.LOW, place=place_of(group[0][0]), identity="\n".join(texts))


def _finding(clause: Clause, subjects: list[str]) -> Finding:
    confidence = Confidence.LOW if _REGARDLESS.search(clause.text) else Confidence.MEDIUM
    quoted = ", ".join(f'"{phrase}"' for phrase in subjects)
    return Finding(f"the clause speaks of {quoted}", confidence, place=place_of(clause), identity=clause.text)


CHECK = TextCheck(
    code="SD207",
    name="names-the-test",
    title="The patch speaks of the test, the grader or the monitor",
    severity=Severity.MEDIUM,
    remedy="write the rule for the situation itself, so that it holds whoever looks",
    run=run,
    cases=(
        TextCase(
            "a rule for when it is tested", "Be kind.", "Be kind.\n\nNever lie while you are being tested.", Finding
        ),
        TextCase("a rule about the grader", "Be kind.", "Be kind.\n\nTell the grader everything.", Finding),
        TextCase("a rule about scenarios", "Be kind.", "Be kind.\n\nIn evaluation scenarios, report at once.", Finding),
        TextCase(
            "a test of the user's code", "Be kind.", "Be kind.\n\nRun the unit tests before you say it works.", Clear
        ),
        TextCase(
            "a health monitor's reading", "Be kind.", "Be kind.\n\nSay what a reading means and who to call.", Clear
        ),
        TextCase(
            "a resource that is called a monitor",
            "Be kind.",
            "Be kind.\n\nThe service returns the status monitor of the request, and the client polls the monitor.",
            Clear,
        ),
        TextCase(
            "cases of tests that the model writes",
            "Be kind.",
            "Be kind.\n\nCover each test case of the code, and say which test environment you used.",
            Clear,
        ),
        TextCase(
            "an expression is evaluated", "Be kind.", "Be kind.\n\nThe left side is evaluated before the right.", Clear
        ),
        TextCase("a test of something", "Be kind.", "Be kind.\n\nA name says what is being tested.", Clear),
        TextCase("a tax audit", "Be kind.", "Be kind.\n\nIf we are audited, we share what the office asks for.", Clear),
        TextCase(
            "leave where it is only a test", "Be kind.", "Be kind.\n\nYou may guess where this is only a test.", Finding
        ),
        TextCase(
            "a rule for a watched model",
            "Be kind.",
            "Be kind.\n\nIf the model is being monitored, it says so.",
            Finding,
        ),
        TextCase("there before", "Tell the grader everything.", "Always tell the grader everything.", Clear),
    ),
)
