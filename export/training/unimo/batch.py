"""Prompts of a batch, padded, and whose mask each reference's positions are to follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from export.reference.prompt import Prompt


@dataclass(frozen=True, slots=True)
class PromptBatch:
    """Prompts padded on the right.

    `ids` [B, T], replaced by `features` [B, T, D] where `is_feature` [B, T]; what is `real` [B, T] is no padding.
    """

    ids: Tensor
    features: Tensor
    is_feature: Tensor
    real: Tensor

    def to(self, device: torch.device) -> PromptBatch:
        """The same on `device`."""
        return PromptBatch(*(part.to(device) for part in (self.ids, self.features, self.is_feature, self.real)))


def pad(prompts: Sequence[Prompt]) -> PromptBatch:
    """Prompts side by side, each from the first column on."""
    rows, length = len(prompts), max(len(prompt.ids) for prompt in prompts)
    ids = torch.zeros(rows, length, dtype=torch.long)
    features = torch.zeros(rows, length, prompts[0].features.shape[1])
    is_feature, real = torch.zeros(rows, length, dtype=torch.bool), torch.zeros(rows, length, dtype=torch.bool)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt.ids)] = torch.tensor(prompt.ids)
        real[row, : len(prompt.ids)] = True
        positions = list(prompt.feature_positions)
        is_feature[row, positions] = True
        features[row, positions] = prompt.features
    return PromptBatch(ids, features, is_feature, real)


@dataclass(frozen=True, slots=True)
class References:
    """R references of a batch: the row each stands in [R], its positions there [R, 64], its entity's mask [R, S, S]."""

    rows: Tensor
    positions: Tensor
    masks: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def to(self, device: torch.device) -> References:
        """The same on `device`."""
        return References(self.rows.to(device), self.positions.to(device), self.masks.to(device))

    def within(self, kept: Tensor) -> References:
        """Those in rows that are `kept` [B]."""
        here = kept[self.rows]
        return References(self.rows[here], self.positions[here], self.masks[here])


def references_of(prompts: Sequence[Prompt], masks: Sequence[Sequence[Tensor]], features: int) -> References:
    """References of `features` positions each; `masks[b]` are those [S, S] of prompt b's references, in order.

    ValueError where a prompt has more or fewer references than masks.
    """
    rows, positions, flat = [], [], []
    for row, (prompt, own) in enumerate(zip(prompts, masks, strict=True)):
        if len(prompt.feature_positions) != features * len(own):
            raise ValueError(f"masks: {len(own)} for {len(prompt.feature_positions) // features} references, row {row}")
        for number, mask in enumerate(own):
            rows.append(row)
            positions.append(prompt.feature_positions[number * features : (number + 1) * features])
            flat.append(mask)
    where = torch.tensor(positions, dtype=torch.long).view(len(rows), features)
    stacked = torch.stack(flat).float() if flat else torch.zeros(0, 1, 1)
    return References(torch.tensor(rows, dtype=torch.long), where, stacked)
