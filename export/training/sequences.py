"""Lessons as batches of ids, features and targets, one sequence after the other without padding."""

from __future__ import annotations

from dataclasses import dataclass

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
class Batch:
    """Sequences laid end to end, N positions in all; `lengths` says where each ends.

    `features` [N, D] are the inputs where `is_feature`; position t is to predict `tokens[t]` where `says[t]`, and
    `targets[t]` [D] where `paints[t]`: the position of `<img>` predicts feature 0. `positions` and `places` [N] count
    from a sequence's and a picture's begin, `own` says where the model will read what it predicted itself, and `owner`
    which sequence a position belongs to.
    """

    lengths: tuple[int, ...]
    ids: Tensor
    features: Tensor
    is_feature: Tensor
    tokens: Tensor
    says: Tensor
    targets: Tensor
    paints: Tensor
    places: Tensor
    own: Tensor
    positions: Tensor
    owner: Tensor


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


def packed(sequences: list[Sequence], library: Tensor) -> Batch:
    """Lay sequences end to end and shift; `library` [pictures, features, D] holds every picture's features.

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
    places = (is_feature.cumsum(0) - 1) % library.shape[1]
    features = torch.zeros(len(ids), library.shape[-1])
    features[is_feature] = library[rows[is_feature], places[is_feature]].float()
    read = torch.ones(len(ids), dtype=torch.bool)
    read[ends - 1] = False
    inputs = read.nonzero().squeeze(1)
    owner = torch.repeat_interleave(torch.arange(len(sequences)), full)
    starts = (ends - full)[owner]
    return Batch(
        lengths=tuple(len(sequence) - 1 for sequence in sequences),
        ids=ids[inputs],
        features=features[inputs],
        is_feature=is_feature[inputs],
        tokens=ids[inputs + 1],
        says=(learn & ~is_feature)[inputs + 1],
        targets=features[inputs + 1],
        paints=(learn & is_feature)[inputs + 1],
        places=places[inputs],
        own=(learn & is_feature)[inputs],
        positions=(torch.arange(len(ids)) - starts)[inputs],
        owner=owner[inputs],
    )
