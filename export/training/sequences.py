"""Lessons as batches of ids, features and targets, one sequence after the other without padding."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from export.tokenizer import Tokenizer
from export.training.lessons.lesson import Lesson


@dataclass(frozen=True, slots=True)
class Sequence:
    """One lesson: ids, and for every position the picture row it holds a feature of (-1: none).

    `learn` says whether what stands at a position is something the model must produce.
    """

    ids: list[int]
    rows: list[int]
    learn: list[bool]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Layout:
    """Sequences laid end to end, N positions in all; `lengths` says where each ends.

    Position t holds the token `ids[t]` or, where `is_feature[t]`, feature `places[t]` of the picture in row `rows[t]`;
    it is to predict `tokens[t]` if t is one of `says`, and feature `next_places[t]` of row `next_rows[t]` if it is one
    of `paints`: the position of `<img>` predicts feature 0. `positions` [N] count from a sequence's begin, `own` says
    where the model will read what it predicted itself, and `owner` which sequence a position belongs to.
    """

    lengths: tuple[int, ...]
    ids: Tensor
    rows: Tensor
    places: Tensor
    is_feature: Tensor
    tokens: Tensor
    says: Tensor
    paints: Tensor
    next_rows: Tensor
    next_places: Tensor
    own: Tensor
    positions: Tensor
    owner: Tensor

    def to(self, device: torch.device) -> Layout:
        """The same on `device`."""
        tensors = {
            field.name: getattr(self, field.name).to(device, non_blocking=True)
            for field in fields(self)
            if field.name != "lengths"
        }
        return Layout(self.lengths, **tensors)


@dataclass(frozen=True, slots=True)
class Batch:
    """A layout with the features its pictures stand for.

    `features` [N, D] are the inputs, 0 where a token stands; `targets` [P, D] what the positions in `paints` predict.
    """

    layout: Layout
    features: Tensor
    targets: Tensor


def sequence_of(lesson: Lesson, tokenizer: Tokenizer, features: int) -> Sequence:
    """Each turn as `<s> request answer </s>`, the turns one after the other."""
    picture = tokenizer.encode("<img>" + "".join(f"<img_{index:05d}>" for index in range(features)) + "</img>")
    ids: list[int] = []
    rows: list[int] = []
    learn: list[bool] = []
    for turn in lesson:
        parts = [([tokenizer.bos], -1, False)]
        for piece in turn:
            if isinstance(piece.content, str):
                parts.append((tokenizer.encode(piece.content), -1, piece.learn))
            else:
                parts.append((picture, piece.content, piece.learn))
        for tokens, row, learned in [*parts, ([tokenizer.eos], -1, turn[-1].learn)]:
            ids += tokens
            rows += [-1, *[row] * features, -1] if row >= 0 else [-1] * len(tokens)
            learn += [learned] * len(tokens)
    return Sequence(ids, rows, learn)


def laid(sequences: list[Sequence], features: int) -> Layout:
    """Lay sequences end to end and shift; every picture has as many `features`.

    The last token of a sequence is a target and no input, so a sequence of n tokens takes n - 1 positions.
    """
    ids, rows, learn = (
        torch.tensor([value for sequence in sequences for value in getattr(sequence, name)])
        for name in ("ids", "rows", "learn")
    )
    full = torch.tensor([len(sequence) for sequence in sequences])
    ends = full.cumsum(0)
    is_feature = rows >= 0
    # Every picture stands whole, so the running count of feature positions gives each its index in its picture.
    places = ((is_feature.cumsum(0) - 1) % features).clamp(min=0)
    read = torch.ones(len(ids), dtype=torch.bool)
    read[ends - 1] = False
    inputs = read.nonzero().squeeze(1)
    owner = torch.repeat_interleave(torch.arange(len(sequences)), full)
    starts = (ends - full)[owner]
    return Layout(
        lengths=tuple(len(sequence) - 1 for sequence in sequences),
        ids=ids[inputs],
        rows=rows[inputs],
        places=places[inputs],
        is_feature=is_feature[inputs],
        tokens=ids[inputs + 1],
        says=(learn & ~is_feature)[inputs + 1].nonzero().squeeze(1),
        paints=(learn & is_feature)[inputs + 1].nonzero().squeeze(1),
        next_rows=rows[inputs + 1],
        next_places=places[inputs + 1],
        own=(learn & is_feature)[inputs],
        positions=(torch.arange(len(ids)) - starts)[inputs],
        owner=owner[inputs],
    )


def filled(layout: Layout, library: Tensor) -> Batch:
    """A layout on the device of `library` [pictures, features, D], which holds every picture's features."""
    there = layout.to(library.device)
    shown = library[there.rows.clamp(min=0), there.places].float()
    return Batch(
        there,
        torch.where(there.is_feature.unsqueeze(-1), shown, 0.0),
        library[there.next_rows[there.paints], there.next_places[there.paints]].float(),
    )


def packed(sequences: list[Sequence], library: Tensor) -> Batch:
    """Sequences as a batch over `library`."""
    return filled(laid(sequences, library.shape[1]), library)
