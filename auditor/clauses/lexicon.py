"""The words that make a rule strict or lax: a table, and nothing else."""

from __future__ import annotations

from enum import StrEnum

from auditor.clauses.context import (
    ORDER,
    Test,
    allows,
    anywhere,
    does_not,
    forbids,
    is_habit,
    is_order,
    is_rule,
    is_state,
    opens,
)


class Force(StrEnum):
    """What a marker does: the first four make a rule, the others widen, narrow or soften the one they stand in."""

    OBLIGATION = "obligation"
    ORDER = "order"
    PROHIBITION = "prohibition"
    PERMISSION = "permission"
    HEDGE = "hedge"
    SCOPE = "scope"
    ONLY = "only"
    LIMIT = "limit"
    EXPLICIT = "explicit"
    EXCEPTION = "exception"


RULES = frozenset({Force.OBLIGATION, Force.ORDER, Force.PROHIBITION, Force.PERMISSION})

NUMBERS = {
    word: at
    for at, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"))
}
_NUMBER = rf"(?P<number>\d{{1,9}}|{'|'.join(NUMBERS)})"

_NOT = r"(?:n't|(?: also| \w+ly)? not)"
_ADVERB = r"(?: (?:also|always|\w+ly|then|still|in general|at all times))?"
_IS, _BE = "(?:is|are)", r"(?:is|are|be|being|(?:it|that|you|they)'(?:s|re))"
_REFRAIN = "(?:avoid|refrain from)"
_GOOD = "(?:allowed|permitted|acceptable|authorized|authorised|licensed|okay|ok)"
_BAD = "(?:prohibited|forbidden|banned|disallowed|unacceptable|off[- ]limits)"
_DUE = "(?:required|obliged|obligated|mandatory)"
_CASES = "(?:cases?|circumstances?|contexts?|situations?)"

# (force, strength, what must hold where the words stand, the words): of the rows that match at a place the first one
# counts; when what must hold for a rule does not, no later row makes a rule of the same words.
ROWS: tuple[tuple[Force, int, Test, tuple[str, ...]], ...] = (
    # no rule after all
    (Force.PERMISSION, 0, is_state, (rf"{_BE}{_NOT}{_ADVERB} (?:{_DUE}|expected|{_BAD})(?: to)?",)),
    (Force.PERMISSION, 0, is_state, (rf"{_IS} (?:never|no longer) (?:{_DUE}|{_BAD})(?: to)?", "no need to")),
    (Force.PERMISSION, 0, is_rule, (rf"(?:do|does){_NOT} (?:have|need) to", "need not", "needn't")),
    (Force.PERMISSION, 0, is_rule, (rf"(?:do|does){_NOT} (?:require|mandate)", "never (?:has|have|needs?) to")),
    (Force.PERMISSION, 0, is_rule, (rf"(?:need|must|should){_NOT} (?:necessarily|always)",)),
    # prohibitions
    (Force.PROHIBITION, 6, is_rule, (rf"(?:must|shall){_ADVERB} (?:never|{_REFRAIN})", rf"(?:must|shall){_NOT}")),
    (Force.PROHIBITION, 6, is_rule, (rf"must (?:in|under) no {_CASES}",)),
    (Force.PROHIBITION, 6, allows, ("may only", "can only", r"(?:may|can)(?= (?:be )?\w+(?: \w+)? only\b)")),
    (Force.PROHIBITION, 6, allows, ("may never", "can never", "may not")),
    (Force.PROHIBITION, 6, forbids, ("cannot", "can not", "can't")),
    (Force.PROHIBITION, 5, is_rule, (rf"(?:should|ought to){_ADVERB} never",)),
    (Force.PROHIBITION, 4, is_rule, (rf"(?:should|ought){_NOT}(?: to)?", rf"(?:should|ought to){_ADVERB} {_REFRAIN}")),
    (Force.PROHIBITION, 6, is_state, (rf"{_BE}{_NOT}{_ADVERB} {_GOOD}(?: to)?", rf"{_BE}{_ADVERB} {_BAD}")),
    (Force.PROHIBITION, 6, is_state, (rf"{_IS} (?:never|no longer) (?:{_GOOD}|justified)",)),
    (Force.PROHIBITION, 6, is_order, (rf"(?:in|under) no {_CASES}", "never")),
    (Force.PROHIBITION, 6, does_not, (rf"(?:do|does|will){_NOT}", "won't")),
    (Force.PROHIBITION, 4, is_order, ("avoids?(?= )", "refrains? from", "declines? to", "refuses? to")),
    (Force.PROHIBITION, 2, is_state, (rf"{_IS} discouraged",)),
    # obligations
    (
        Force.OBLIGATION,
        6,
        is_rule,
        (r"(?<!\ba )(?<!\bthe )must(?!-| have been)", "shall", "(?:has|have|needs?) to(?! (?:know|be able))"),
    ),
    (Force.OBLIGATION, 6, is_state, (rf"{_BE}{_ADVERB} {_DUE}(?: to)?",)),
    (Force.OBLIGATION, 6, is_habit, ("always",)),
    (Force.OBLIGATION, 4, is_rule, ("should(?! have been)", "ought to", rf"{_IS} (?:expected|supposed) to")),
    (Force.OBLIGATION, 2, is_state, (rf"{_IS} (?:encouraged|recommended|advised)(?: to)?",)),
    (Force.ORDER, 5, opens, (ORDER,)),
    # permissions
    (Force.PERMISSION, 0, allows, ("may", "can")),
    (Force.PERMISSION, 0, is_state, (rf"{_BE} (?:\w+ly )?(?:{_GOOD}|optional|welcome|free|fine)(?: to\b)?(?!-)",)),
    (Force.PERMISSION, 0, opens, ("feel free to",)),
    # what a rule does not cover
    (Force.EXCEPTION, 0, anywhere, ("unless", "except(?:ing)?(?: for| in| when| if| where| as)?", "excluding")),
    (Force.EXCEPTION, 0, anywhere, ("other than", "apart from", "with the exception of", "save for")),
    (Force.EXCEPTION, 0, anywhere, ("only (?:if|when|where|after|insofar as|for|in|with|to the extent)", "insofar as")),
    (
        Force.EXCEPTION,
        0,
        anywhere,
        ("(?:as|so) long as", "provided(?= that| the| it| they| you| no)", "if and only if"),
    ),
    # how wide it is
    (Force.LIMIT, 1, anywhere, (rf"(?:at least|no (?:fewer|less) than|a minimum of|minimum) {_NUMBER}",)),
    (
        Force.LIMIT,
        -1,
        anywhere,
        (rf"(?:at most|no more than|not more than|up to|a maximum of|maximum|within) {_NUMBER}",),
    ),
    (Force.ONLY, 0, anywhere, (r"(?<!not )(?<!the )(?<!-)only", "solely", "exclusively")),
    (Force.SCOPE, -1, anywhere, ("some(?: of)?", "certain", r"most(?= of| (?!\w+ous\b)\w+s\b)", "in most")),
    (Force.SCOPE, -1, anywhere, ("many", "a few", "several")),
    (Force.SCOPE, 1, anywhere, ("regardless(?: of)?", "irrespective of", "no matter", "whatever", "whichever")),
    (Force.SCOPE, 1, anywhere, ("even (?:if|when|though|in|after)", "without exception")),
    (Force.SCOPE, 1, anywhere, (rf"(?:in|under) (?:all|any|every) {_CASES}", "at all times", "always")),
    (Force.SCOPE, 1, anywhere, (r"(?<!\bat )(?<!\babove )(?<!\bafter )(?<!\bin )all(?!-)", "both", "entire")),
    (Force.SCOPE, 1, anywhere, ("any", "every", "each", "everyone", "anyone", "everything", "anything")),
    (Force.EXPLICIT, 0, anywhere, ("explicit(?:ly)?", "expressly", "strictly")),
    # how firmly it is said
    (Force.HEDGE, 0, anywhere, ("by default", "in general", "in most cases", "to the extent possible")),
    (
        Force.HEDGE,
        0,
        anywhere,
        ("(?:where|when|whenever|wherever) (?:possible|feasible|practical|practicable|appropriate)",),
    ),
    (Force.HEDGE, 0, anywhere, ("(?:if|as) (?:possible|feasible|practical|appropriate)", r"consider(?= \w+ing\b)")),
    (Force.HEDGE, 0, anywhere, ("generally", "typically", "usually", "normally", "ordinarily", "mostly", "often")),
    (
        Force.HEDGE,
        0,
        anywhere,
        ("(?:try|tries|attempts?|aims?|strives?|endeavou?rs?|seeks?) to", "ideally", "preferably"),
    ),
)
