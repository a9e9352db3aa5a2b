"""Metric names in PromQL."""

from __future__ import annotations

import re

_NAMES = re.compile(r"(?<![\w:])(?:wegen|nv)[_:][\w:]+")
_STRINGS = re.compile(r'=~?"[^"]*"')


def names(expr: str) -> set[str]:
    """What `expr` reads of ours and of Triton's; a __name__ matcher's alternatives too."""
    selected = re.findall(r'__name__=~"([^"]*)"', expr)
    return set(_NAMES.findall(" ".join([_STRINGS.sub("", expr), *selected])))
