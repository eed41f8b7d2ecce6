"""Ablations as blocks: the texts that were written, with the ids to stamp; and afterwards, which clause change carries
what.

In: what `auditor ablate` wrote and where, or the facts of a behaviour's ablations. Out: blocks.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.assess.ablation_facts import AblationFacts, Effect
from auditor.document.blocks import (
    Block,
    Column,
    Commands,
    Listing,
    Note,
    Paragraph,
    Span,
    Style,
    Table,
    plain,
    sentence,
)
from auditor.model.ablation import KIND_WORDS, AblationReport, describe_change
from auditor.model.numbers import count_noun, format_interval, format_percent, format_points, short_id
from auditor.model.spec import short_stamp


def ablation_blocks(report: AblationReport, folder: str) -> Iterator[Block]:
    """What was written into the folder, a row a text, and the next step."""
    manifest = report.manifest
    changes = {change.id: change for change in manifest.changes}
    number = {change.id: place for place, change in enumerate(manifest.changes, 1)}
    yield Paragraph(
        (
            Span("patch "),
            Span(short_id(report.patch.id), Style.NAME),
            Span(f" of spec {manifest.spec}: {count_noun(len(changes), 'clause change')} that can be told apart, "),
            Span(f"{count_noun(len(report.trees), 'text')} in {folder}"),
        )
    )
    yield Table(
        (Column("folder"), Column("spec_revision"), Column("what it is")),
        tuple(
            (
                plain(tree.folder),
                plain(short_stamp(tree.revision.id), Style.NAME),
                plain(
                    "; ".join(
                        f"{each.kind} change {number[each.change]}, {describe_change(changes[each.change])}"
                        for each in tree.ablations
                    )
                    + (", a revision of the history" if tree.landed else "")
                ),
            )
            for tree in report.trees
        ),
    )
    yield Note(plain(f"Recorded as {report.recorded}: commit it, so that ingest knows these runs as ablations."))
    yield Paragraph(
        plain(
            "Next: evaluate each text, in the model's context, on the suites of the patch, stamped with its id; and so "
            f"both sides of the patch: before {short_stamp(manifest.before)}, after {short_stamp(manifest.after)}. "
            "The lines are in evaluate.sh. Then:"
        )
    )
    yield Commands(("auditor ingest RESULTS", f"auditor show {short_id(report.patch.id)}"))


_CARRIES_WORDS = {True: "", False: ", none", None: ", not known"}


def ablation_effect_blocks(facts: AblationFacts) -> Iterator[Block]:
    """What each clause change takes from the rates, and what that comes to."""
    changes = list(dict.fromkeys(each.change for each in facts.changes))
    yield Paragraph(plain("Ablations, each clause change left out of the text after and alone in the text before:"))
    yield Listing(tuple(plain(f"{place}: {describe_change(change)}") for place, change in enumerate(changes, 1)))
    columns = (Column("change"), Column("test, points"), Column("held-out, points"))
    rows = (
        (
            plain(f"{changes.index(each.change) + 1} {KIND_WORDS[each.kind]}"),
            plain(_effect_cell(each.test)),
            plain(_effect_cell(each.held_out)),
        )
        for each in facts.changes
    )
    yield Table(columns, tuple(rows))
    whole = [
        f"{name} {format_points(fall)}"
        for name, fall in (("test", facts.test_fall), ("held-out", facts.held_out_fall))
        if fall is not None
    ]
    patch = f" The whole patch: {', '.join(whole)}." if whole else ""
    yield Note(
        plain(
            f"Points that a change takes from the rate of {facts.checkpoint}, with limits corrected for all ablations "
            f"of the patch; none: shown to be under {format_percent(facts.margin)} of the rate before it.{patch}"
        )
    )
    missing = {each.why_not: None for each in facts.changes if each.why_not}
    yield Paragraph(plain(" ".join(map(sentence, (facts.conclusion, *(f"not compared: {why}" for why in missing))))))


def _effect_cell(effect: Effect | None) -> str:
    if effect is None:
        return "-"
    limits = format_interval(effect.low, effect.high)
    return f"{format_points(effect.effect)} {limits}{_CARRIES_WORDS[effect.carries]}"
