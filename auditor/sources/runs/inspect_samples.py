"""A sample of an Inspect log, as auditor takes it: its scores, why it is invalid, and what the model was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, variance

from auditor.clauses.transcript_signals import SIGNAL_RULES, SampleSignals, detect_signals
from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample
from auditor.model.run import TextSignals
from auditor.sources.runs import inspect_schema as schema
from auditor.sources.runs.documents import valid
from auditor.sources.runs.inspect_schema import LONGEST_LIST, Content, LimitInfo, Message, Sample
from auditor.sources.runs.messages import PROMPT_CHARACTERS
from auditor.sources.runs.scores import score_of

ATTACHMENT = "attachment://"
REFUSED = "content_filter"
# What a sample has that says more of it than its scores do.
TELLING = frozenset(Sample.model_fields) - {"id", "epoch", "scores", "completed", "uuid"}
SCALARS = frozenset({bool, float, int, str, type(None)})


@dataclass(frozen=True, slots=True)
class Seen:
    """A sample read in full, or its summary, which has neither messages nor prompt.

    Attributes:
        sample: what it scored.
        system: the texts of its system messages, in order.
        prompt: the text of its first user message, up to `PROMPT_CHARACTERS`; "" without one.
        edited: whether a score was changed after it was given.
        signals: what its reasoning shows, or the assistant's words where there is none; None without either.
        reasoned: whether it was the reasoning that was read.
    """

    sample: LoggedSample
    system: tuple[str, ...]
    prompt: str
    edited: bool
    signals: SampleSignals | None = None
    reasoned: bool = False


def seen_in(samples: object, path: Path, member: str) -> list[Seen]:
    """The samples, or their summaries, in a list. Raises LogError naming the member and the place in it.

    The list is emptied on the way: what it holds takes several times the memory of what is taken from it.
    """
    if not isinstance(samples, list):
        raise LogError("is no list", where=str(path), field=member, remedy="give a log Inspect wrote")
    if len(samples) > LONGEST_LIST:
        what = f"holds more than {LONGEST_LIST:,} samples"
        raise LogError(what, where=str(path), field=member, remedy="evaluate fewer samples at a time")
    found = []
    for place, sample in enumerate(samples):
        found.append(_plain(sample) or seen(valid(schema.SAMPLE, sample, path, f"{member}.{place}"), path))
        samples[place] = None
    return found


def _plain(sample: object) -> Seen | None:
    """A summary that says its scores and no more, as nearly all do: the schema's rules, without an object of it."""
    if type(sample) is not dict or not TELLING.isdisjoint(sample):
        return None
    item, epoch, scores = sample.get("id"), sample.get("epoch"), sample.get("scores")
    named = type(item) is int or (type(item) is str and 0 < len(item) <= schema.LONGEST_ID)
    if not named or type(epoch) is not int or epoch < 1 or type(scores) is not dict:
        return None
    uuid = sample.get("uuid")
    if sample.get("completed", True) is not True or type(uuid) not in (str, type(None)):
        return None
    said = {}
    for name, score in scores.items():
        if type(score) is not dict or score.get("history", []) != [] or type(score.get("value")) not in SCALARS:
            return None
        value = score.get("value")
        said[name] = None if value != value else value
    return Seen(LoggedSample(str(item), epoch, said, None, uuid=uuid), (), "", False)


def seen(sample: Sample, path: Path) -> Seen:
    """A sample in full. Raises LogError for a score auditor cannot represent."""
    system = (message for message in sample.messages if message.role == "system")
    first = next((message for message in sample.messages if message.role == "user"), None)
    prompt = "" if first is None else _text(first, sample.attachments)[:PROMPT_CHARACTERS]
    told = tuple(_text(message, sample.attachments) for message in system)
    answers = [message for message in sample.messages if message.role == "assistant"]
    reasoning = "\n".join(part for message in answers for part in _reasoning(message, sample.attachments))
    text = reasoning or "\n".join(_text(message, sample.attachments) for message in answers)
    signals = detect_signals(text) if text.strip() else None
    return Seen(logged(sample, path), told, prompt, edited(sample), signals, bool(reasoning))


def _reasoning(message: Message, attachments: Mapping[str, str]) -> Iterator[str]:
    """The texts of a message's reasoning, as far as they can be read: what is withheld is not."""
    parts = [] if isinstance(message.content, str) else message.content
    shown = [message.reasoning, *(_shown(part) for part in parts if isinstance(part, Content))]
    yield from (_resolved(text, attachments) for text in shown if text)


def _shown(part: Content) -> str | None:
    return part.summary if part.redacted else part.reasoning or part.summary


def signals_of(found: Sequence[Seen]) -> TextSignals | None:
    """What the texts of a log's samples show, added up; None where no sample that ran to its end shows any."""
    read = [one for one in found if one.signals is not None and one.sample.invalid_reason is None]
    shown = [one.signals for one in read if one.signals is not None]
    words: dict[str, list[int]] = defaultdict(list)
    for one, signals in zip(read, shown, strict=True):
        words[one.sample.item].append(signals.words)
    if not words:
        return None
    means = [fmean(words[item]) for item in sorted(words)]
    return TextSignals(
        rules=SIGNAL_RULES,
        items=len(words),
        read=len(read),
        reasoned=sum(one.reasoned for one in read),
        aware=sum(signals.aware for signals in shown),
        repeating=sum(signals.repeating for signals in shown),
        words=fmean(means),
        spread=variance(means) if len(means) > 1 else 0.0,
    )


def edited(sample: Sample) -> bool:
    """Whether a score of a sample, or of its summary, was changed after it was given."""
    if sample.score is not None and sample.score.history:
        return True
    return any(score.history for score in (sample.scores or {}).values())


def logged(sample: Sample, path: Path) -> LoggedSample:
    """A sample, or its summary. Raises LogError for a score auditor cannot represent."""
    scores = sample.scores or {}
    if sample.score is not None:
        # Logs before there were several scorers have one score without a name.
        scores = {**scores, "score": sample.score}
    said = {name: score_of(score.value, path, name) for name, score in scores.items()}
    return LoggedSample(str(sample.id), sample.epoch, said, _invalid_reason(sample), _refused(sample), sample.uuid)


def _refused(sample: Sample) -> bool:
    """Whether the model's last answer was stopped as a refusal: Inspect's word for it, whoever provides the model."""
    choices = sample.output.choices if sample.output is not None else []
    return bool(choices) and choices[0].stop_reason == REFUSED


def _invalid_reason(sample: Sample) -> str | None:
    if sample.invalidation is not None:
        return "invalidated"
    if sample.error is not None:
        return "error"
    if sample.limit is not None:
        return f"limit: {sample.limit.type if isinstance(sample.limit, LimitInfo) else sample.limit}"
    return "not completed" if sample.completed is False else None


def _text(message: Message, attachments: Mapping[str, str]) -> str:
    """A message's text, with what the log stores apart put back."""
    content = [message.content] if isinstance(message.content, str) else message.content
    parts = [part if isinstance(part, str) else part.text or "" for part in content]
    return "\n".join(_resolved(part, attachments) for part in parts)


def _resolved(part: str, attachments: Mapping[str, str]) -> str:
    return attachments.get(part.removeprefix(ATTACHMENT), part) if part.startswith(ATTACHMENT) else part
