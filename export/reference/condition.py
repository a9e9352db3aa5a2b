"""What leads the UNet: states for its cross-attention and their summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Condition:
    """`states` [B, T, D], `pooled` [B, D], and which positions are `real`, bool [B, T]; None where all are."""

    states: Tensor
    pooled: Tensor
    real: Tensor | None = None

    @classmethod
    def of_features(cls, features: Tensor) -> Condition:
        """WeGen's: features [B, 64, D] and their mean."""
        return cls(features, features.mean(1))

    def dropped(self, kept: Tensor) -> Condition:
        """The same with zeros in the rows that are not `kept` [B]: guidance's unconditional branch."""
        return Condition(self.states * kept.view(-1, 1, 1), self.pooled * kept.view(-1, 1), self.real)

    def beside_free(self) -> Condition:
        """2B rows: the unconditional branch of each, then themselves."""
        return Condition(
            torch.cat([torch.zeros_like(self.states), self.states]),
            torch.cat([torch.zeros_like(self.pooled), self.pooled]),
            None if self.real is None else self.real.repeat(2, 1),
        )

    def arguments(self, time_ids: Tensor) -> dict[str, Any]:
        """Arguments of diffusers' UNet beside latents and timestep; `time_ids` are SDXL's [6]."""
        added = {"text_embeds": self.pooled, "time_ids": time_ids.expand(len(self.states), -1)}
        arguments = {"encoder_hidden_states": self.states, "added_cond_kwargs": added}
        return arguments if self.real is None else {**arguments, "encoder_attention_mask": self.real}
