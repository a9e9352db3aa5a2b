"""Interleaved prompts: text, and pictures as their features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from export.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Prompt:
    """Ids, and a feature for every position in `feature_positions` (features [R, D], R positions)."""

    ids: tuple[int, ...]
    features: Tensor
    feature_positions: tuple[int, ...]

    @classmethod
    def of(cls, parts: Sequence[str | Tensor], tokenizer: Tokenizer, width: int, *, bos: bool = True) -> Prompt:
        """Text parts are encoded one by one; a tensor [N, width] stands as `<img>`, N features, `</img>`."""
        ids = [tokenizer.bos] if bos else []
        features = [torch.zeros(0, width)]
        positions: list[int] = []
        for part in parts:
            if isinstance(part, str):
                ids += tokenizer.encode(part)
                continue
            first = len(ids) + 1
            positions += range(first, first + len(part))
            features.append(part.float())
            inner = [tokenizer.id_of(f"<img_{i:05d}>") for i in range(len(part))]
            ids += [tokenizer.id_of("<img>"), *inner, tokenizer.id_of("</img>")]
        return cls(tuple(ids), torch.cat(features), tuple(positions))
