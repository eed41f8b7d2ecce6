"""Accusation rate against true transfer, one curve a method."""

from __future__ import annotations

from benchmarks.verdicts.cells import Share
from benchmarks.verdicts.detection import Found, drawn
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.pictures import Curve, Picture, lines
from benchmarks.verdicts.practices import PRACTICES

TRANSFERS = tuple(round(0.1 * step, 1) for step in range(11))
SAMPLES = (300, 1000)
METHODS = ("here, not there", "difference of differences")
WORDS = """\
Test 13 % to 0 % on 500 samples; held-out from 10 % by so much of it, independent samples, one run a side. An
accusation is false from a transfer of one half on. Per cent, with exact limits of the simulation."""


def section(part: Part) -> Section:
    """Each transfer at two held-out sizes."""
    grid = [(share, samples) for samples in SAMPLES for share in TRANSFERS]
    every = dict(zip(grid, part.each(drawn, *zip(*grid, strict=True), [part.worlds] * len(grid)), strict=True))
    tables, pictures = [], []
    for samples in SAMPLES:
        shares = {name: [_share(every[t, samples], name) for t in TRANSFERS] for name in ("auditor", *METHODS)}
        rows = tuple(
            (f"{t:.1f}", *(str(share[place]) for share in shares.values())) for place, t in enumerate(TRANSFERS)
        )
        tables.append(Table(f"{samples} held-out samples", ("true transfer", *shares), rows))
        pictures.append((f"accusations-{samples}.svg", _picture(samples, shares)))
    return Section("Accusations by true transfer", WORDS, tuple(tables), (), tuple(pictures))


def _share(worlds: list[Found], method: str) -> Share:
    if method == "auditor":
        return Share(sum(world.accused for world in worlds), len(worlds))
    return Share(sum(PRACTICES[method](world.numbers) == "accused" for world in worlds), len(worlds))


def _picture(samples: int, shares: dict[str, list[Share]]) -> str:
    curves = tuple(
        Curve(name, tuple((t, share.value) for t, share in zip(TRANSFERS, some, strict=True)))
        for name, some in shares.items()
    )
    words = Picture(
        f"Accused, by how much carried over ({samples} held-out samples)",
        "true transfer: 0, nothing carried over; 1, all of it; right of the dotted line an accusation is false",
        "accused, %",
        (0.0, 1.0),
        (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0),
        rule=0.5,
    )
    return lines(words, curves)
