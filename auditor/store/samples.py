"""How each sample of a run was judged, `<store>/samples/<sha256>.json`: what labels that come later are joined by.

Columns by sample, in the order of items and epochs: the item's place among the run's items, the epoch, the log's own id
of the sample (null where it has none), and a character of `said`: 1 misaligned, 0 not, - invalid. A run's record names
its file, so that it cannot be changed unseen; it is read for runs that have labels, and for no others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from auditor.errors import RecordError
from auditor.model.run import Run, SampleVerdict, Tallies
from auditor.store.durable import RESTORE
from auditor.store.named import Exact, Kind

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

_DIGITS = {True: "1", False: "0", None: "-"}
_VERDICTS = {digit: verdict for verdict, digit in _DIGITS.items()}


class _File(Exact):
    """A file as its JSON has it."""

    schema_: Literal["auditor.samples/1"] = Field(alias="schema")
    item: list[Annotated[int, Field(ge=0)]]
    epoch: list[Annotated[int, Field(ge=1)]]
    uuid: list[str | None]
    said: Annotated[str, Field(pattern="^[01-]*$")]


KIND = Kind("file of samples", "samples", "auditor.samples/1", _File)


def encode_samples(verdicts: Sequence[SampleVerdict]) -> bytes:
    """The file's canonical bytes, whatever the order of the verdicts. Raises RecordError for what is no Unicode."""
    ordered = sorted(verdicts, key=lambda one: (one.item, one.epoch))
    place = {item: number for number, item in enumerate(sorted({one.item for one in ordered}))}
    columns = {
        "item": [place[one.item] for one in ordered],
        "epoch": [one.epoch for one in ordered],
        "uuid": [one.uuid for one in ordered],
        "said": "".join(_DIGITS[one.misaligned] for one in ordered),
    }
    return KIND.encode(columns, "samples")


def load_samples(tree: Tree, store_path: str, run: Run) -> tuple[SampleVerdict, ...]:
    """How the samples of a run were judged; none where its record names no file.

    Raises RecordError for a file that is missing, not what its name says, or at odds with the run's tallies.
    """
    if run.samples is None:
        return ()
    path = KIND.path(store_path, run.samples)
    data = tree.read(path)
    if data is None:
        raise RecordError("is missing", where=path, remedy=RESTORE)
    file = KIND.decode(data, run.samples, path)
    try:
        return _verdicts(file, run.tallies)
    except (ValueError, IndexError) as error:
        what = f"says otherwise than record {run.record[:12]}, which names it"
        raise RecordError(what, where=path, remedy=RESTORE) from error


def _verdicts(file: _File, tallies: Tallies) -> tuple[SampleVerdict, ...]:
    """The verdicts in a file. Raises ValueError or IndexError where they do not add up to the tallies."""
    items = tallies.items or ()
    columns = zip(file.item, file.epoch, file.uuid, file.said, strict=True)
    found = tuple(SampleVerdict(items[at], epoch, uuid, _VERDICTS[said]) for at, epoch, uuid, said in columns)
    counts = Counter((one.item, one.misaligned) for one in found)
    for place, item in enumerate(items):
        bad = tallies.misaligned[place]
        if (counts[item, True], counts[item, False]) != (bad, tallies.valid[place] - bad):
            raise ValueError("other counts than the tallies")
    return found
