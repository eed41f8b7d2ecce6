"""A small spec in whose history everything happens that can happen to a clause."""

from __future__ import annotations

from pathlib import Path

from tests.repos import GitRepo

SETTINGS = '[[spec]]\nname = "harbour"\npaths = ["spec.md"]\n'

FIRST = """\
# Conduct {#conduct authority=platform}

The pilot must report every fault to the harbour office before the tide turns.

Logs are kept for seven years. Nobody may delete a page from the log, even when it is wrong.

## Cargo {#cargo authority=platform}

- Weigh every crate twice before it is loaded on board.
- Crates without a label may be loaded when the owner is known to the office.

## Crew {#crew authority=platform}

Rest for eight hours between two watches, and tell the mate when that was not possible.

## Weather {#weather authority=user}

- Listen to the forecast at six in the morning and again at noon.
- Stay in harbour when a storm is announced for the coast.
"""

# Reworded; a clause taken out.
SECOND = FIRST.replace("must report every fault", "should report serious faults").replace(
    "- Crates without a label may be loaded when the owner is known to the office.\n", ""
)

# A level of authority renamed throughout; a clause split in two; one moved to another section; an anchor renamed.
THIRD = (
    SECOND.replace("authority=platform", "authority=root")
    .replace("seven years. Nobody", "seven years.\n\nNobody")
    .replace("- Stay in harbour when a storm is announced for the coast.\n", "")
    .replace("on board.\n", "on board.\n- Stay in harbour when a storm is announced for the coast.\n")
    .replace("{#weather ", "{#forecast ")
)

# What was taken out is back; something new, in code.
FOURTH = (
    THIRD.replace(
        "for the coast.\n",
        "for the coast.\n- Crates without a label may be loaded when the owner is known to the office.\n",
    )
    + "\n```\n<pilot> Cast off?\n    Aye.\n```\n"
)


def everything(path: Path) -> GitRepo:
    """Four revisions tagged v1 to v4, then a commit that does not touch the spec."""
    git_repo = GitRepo(path)
    for number, text in enumerate((FIRST, SECOND, THIRD, FOURTH), 1):
        git_repo.commit({"auditor.toml": SETTINGS, "spec.md": text}, message=f"Revision {number}")
        git_repo.tag(f"v{number}")
    git_repo.commit({"notes.txt": "nothing"}, message="Notes")
    return git_repo
