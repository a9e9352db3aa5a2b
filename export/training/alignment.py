"""Cross-attention that is told where to look: each place of the picture at the features of its own cell.

The features keep the order of the patch grid, but nothing in the UNet says which place a query stands for; a short
training spends most of itself on finding out. UNIMO-G (section 3.3) supervises the attention maps of a reference's
tokens with its mask; here every feature's mask is its own cell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor

_SURE = 1e-3


class WatchedAttention:
    """Attention in the plain way, whose last probabilities [B * heads, queries, features] stay in `seen`.

    Positions that a mask leaves out get none.

    On the CPU it is also faster than the fused kernel, whose backward pass dominates a training step.
    """

    def __init__(self) -> None:
        self.seen = torch.empty(0)

    def __call__(
        self,
        attn: Any,  # noqa: ANN401 - diffusers' classes are untyped
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        **_: object,
    ) -> Tensor:
        """Queries [B, Q, C] and features [B, F, D] to [B, Q, C]; the mask, [B, 1, F], is added to the scores."""
        query = attn.head_to_batch_dim(attn.to_q(hidden_states))
        key = attn.head_to_batch_dim(attn.to_k(encoder_hidden_states))
        value = attn.head_to_batch_dim(attn.to_v(encoder_hidden_states))
        rows, features, _width = encoder_hidden_states.shape
        mask = attn.prepare_attention_mask(attention_mask, features, rows)
        self.seen = attn.get_attention_scores(query, key, mask)
        mixed = attn.batch_to_head_dim(torch.bmm(self.seen, value))
        projected: Tensor = attn.to_out[0](mixed)
        return projected


def watch(unet: Any) -> list[WatchedAttention]:  # noqa: ANN401 - diffusers' classes are untyped
    """Watch every cross-attention of a UNet."""
    processors = {name: WatchedAttention() if "attn2" in name else AttnProcessor() for name in unet.attn_processors}
    watched = [processor for processor in processors.values() if isinstance(processor, WatchedAttention)]
    unet.set_attn_processor(processors)
    return watched


def own_cells(queries: int, features: int) -> Tensor:
    """Which features lie in the cell of which query, both square grids over one picture: [queries, features]."""
    asked, given = round(queries**0.5), round(features**0.5)
    across = _overlap(asked, given)
    return torch.kron(across, across)


@lru_cache(maxsize=16)
def _own_cells(queries: int, features: int, device: torch.device) -> Tensor:
    return own_cells(queries, features).to(device)


def _overlap(asked: int, given: int) -> Tensor:
    """The same along one side: [asked, given]."""
    wide = max(asked, given)
    owner = torch.arange(wide) * asked // wide
    place = torch.arange(wide) * given // wide
    overlap = torch.zeros(asked, given)
    overlap[owner, place] = 1.0
    return overlap


def misalignment(maps: list[Tensor], kept: Tensor) -> Tensor:
    """How surprised the first half of every map's heads is by its own cells: the mean of -log(attention they get).

    `maps` are [rows * heads, Q, F]; only rows that are `kept` [rows] count. 0 without maps.
    """
    return torch.stack([_surprise(seen, kept) for seen in maps]).mean() if maps else torch.zeros(())


def _surprise(seen: Tensor, kept: Tensor) -> Tensor:
    rows = len(kept)
    heads = seen.shape[0] // rows
    watched = seen.view(rows, heads, *seen.shape[1:])[:, : max(1, heads // 2)].float()
    mass = (watched * _own_cells(seen.shape[1], seen.shape[2], seen.device)).sum(-1)
    surprise = -torch.log(mass + _SURE).mean((1, 2))
    return (surprise * kept).sum() / kept.sum().clamp(min=1)
