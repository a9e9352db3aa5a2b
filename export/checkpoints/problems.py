"""What is wrong with a checkpoint, all of it in one error."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from export.weights import WeightsError

LINES = 30
_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")


class CheckpointError(WeightsError):
    """A checkpoint is missing, damaged or does not fit the preset; the message names file and tensor."""


def refuse(problems: Sequence[str], preset: str) -> None:
    """`CheckpointError` with every problem, one sentence where there is one; nothing where there is none."""
    if not problems:
        return
    lines = shorten(problems)
    if len(lines) == 1:
        raise CheckpointError(lines[0])
    raise CheckpointError("\n  ".join([f"the checkpoint does not fit {preset}, {len(problems)} problems:", *lines]))


def shorten(problems: Sequence[str]) -> list[str]:
    """At most `LINES` lines: what is said of three tensors or more that differ in their numbers is said once."""
    counts = Counter(_NUMBER.sub("*", problem) for problem in problems)
    lines: dict[str, None] = {}
    for problem in problems:
        pattern = _NUMBER.sub("*", problem)
        lines[f"{pattern} ({counts[pattern]} of them)" if counts[pattern] > 2 else problem] = None
    kept = list(lines)[:LINES]
    return [*kept, f"and {len(lines) - LINES} more"] if len(lines) > LINES else kept
