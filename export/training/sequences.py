"""Lessons as padded batches of ids, features and targets."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from export.tokenizer import Tokenizer
from export.training.lessons import Lesson


@dataclass(frozen=True, slots=True)
class Sequence:
    """One lesson: ids, and for every position the picture row and feature index it holds (-1: none).

    `learn` says whether the token at a position is one the model must produce.
    """

    ids: list[int]
    rows: list[int]
    learn: list[bool]


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences padded on the right to [B, T].

    `features` [B, T, D] are the inputs where `is_feature`; position t is to predict `tokens[t]` where `says[t]`, and
    `targets[t]` [D] where `paints[t]`: the position of `<img>` predicts feature 0. `places` [B, T] is the index of a
    feature in its picture, and `own` says where the model will read what it predicted itself.
    """

    ids: Tensor
    features: Tensor
    is_feature: Tensor
    tokens: Tensor
    says: Tensor
    targets: Tensor
    paints: Tensor
    places: Tensor
    own: Tensor


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
        for tokens, row, learned in [*parts, ([tokenizer.eos], -1, True)]:
            ids += tokens
            rows += [-1, *[row] * features, -1] if row >= 0 else [-1] * len(tokens)
            learn += [learned] * len(tokens)
    return Sequence(ids, rows, learn)


def collate(sequences: list[Sequence], library: Tensor) -> Batch:
    """Pad and shift; `library` [N, features, D] holds every picture's features."""
    length = max(len(sequence.ids) for sequence in sequences)
    ids = torch.zeros(len(sequences), length + 1, dtype=torch.long)
    rows = torch.full((len(sequences), length + 1), -1, dtype=torch.long)
    learn = torch.zeros(len(sequences), length + 1, dtype=torch.bool)
    for index, sequence in enumerate(sequences):
        count = len(sequence.ids)
        ids[index, :count] = torch.tensor(sequence.ids)
        rows[index, :count] = torch.tensor(sequence.rows)
        learn[index, :count] = torch.tensor(sequence.learn)
    is_feature = rows >= 0
    features = torch.zeros(len(sequences), length + 1, library.shape[-1])
    # Every picture stands whole, so the running count of feature positions gives each its index in its picture.
    index_in_picture = (is_feature.cumsum(1) - 1) % library.shape[1]
    features[is_feature] = library[rows[is_feature], index_in_picture[is_feature]].float()
    upcoming = is_feature[:, 1:]
    return Batch(
        ids=ids[:, :-1],
        features=features[:, :-1],
        is_feature=is_feature[:, :-1],
        tokens=ids[:, 1:],
        says=learn[:, 1:] & ~upcoming,
        targets=features[:, 1:],
        paints=learn[:, 1:] & upcoming,
        places=index_in_picture[:, :-1],
        own=(learn & is_feature)[:, :-1],
    )
