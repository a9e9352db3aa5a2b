"""Layouts made ahead of time are those made in time."""

from __future__ import annotations

import torch

from export.tokenizer import Tokenizer
from export.training.layouts import Layouts
from export.training.lessons.mix import Mix, Shares
from export.training.library import Library


def test_other_processes_lay_out_the_same(library: Library, tokenizer: Tokenizer) -> None:
    layouts = Layouts(Mix(library, Shares(), 0), tokenizer, 64)
    for step in (5, 6, 2):
        families, ahead = layouts.at(step, 4, ahead=True)
        assert (families, ahead.lengths) == (layouts.lay(step, 4)[0], layouts.lay(step, 4)[1].lengths)
        for name in ("ids", "rows", "says", "paints", "owner"):
            assert torch.equal(getattr(ahead, name), getattr(layouts.at(step, 4, ahead=False)[1], name)), name
