"""The language model over sequences laid end to end: no position is padding, no score is computed across sequences."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from export.networks import LanguageModel
from export.networks.rotary import rotary_tables

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Causal attention within every sequence: rotated queries and keys, and values, [heads, N, head_dim], to the same."""


def packed_hidden(
    model: LanguageModel,
    ids: Tensor,
    features: Tensor,
    is_feature: Tensor,
    positions: Tensor,
    *,
    lengths: tuple[int, ...],
) -> Tensor:
    """What `LanguageModel.hidden` gives for every sequence alone, [N, hidden].

    ids [N], features [N, D] and is_feature [N] are the sequences of `lengths`, one after the other; positions [N] count
    from the begin of each.
    """
    x = model.embed(ids[None], features[None], is_feature[None])
    cos, sin = rotary_tables(positions[None], model.size.head_dim, model.size.rope_theta, x.dtype)
    attend = one_by_one(lengths, ids.device) if ids.device.type == "cpu" else fused(lengths, ids.device)
    for layer in model.blocks():
        q, k, v = layer.self_attn.qkv(layer.input_layernorm(x), cos, sin)
        x = layer.mlp(x + layer.self_attn.merge(attend(q[0], k[0], v[0])[None]))
    normed: Tensor = model.norm(x)
    return normed[0]


def fused(lengths: tuple[int, ...], device: torch.device) -> Attend:
    """All sequences in one call of a fused kernel, each on a row as long as the longest."""
    rows, longest = len(lengths), max(lengths)
    place = torch.cat([longest * row + torch.arange(length) for row, length in enumerate(lengths)]).to(device)

    def spread_out(x: Tensor) -> Tensor:
        heads, _, width = x.shape
        wide = x.new_zeros(heads, rows * longest, width).index_copy(1, place, x)
        return wide.view(heads, rows, longest, width).transpose(0, 1)

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        # Rotation leaves fp32 under autocast: what is copied should be what the kernel takes.
        queries, keys, values = (spread_out(x.to(v.dtype)) for x in (q, k, v))
        mixed = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        return mixed.transpose(0, 1).flatten(1, 2).index_select(1, place)

    return attend


def one_by_one(lengths: tuple[int, ...], device: torch.device) -> Attend:
    """Sequence by sequence, nothing computed that is not needed."""
    longest = max(lengths)
    future = torch.full((longest, longest), -torch.inf, device=device).triu_(1)

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        queries, keys, values = (rows.split(lengths, 1) for rows in (q, k, v))
        return torch.cat([_attend(*part, future) for part in zip(queries, keys, values, strict=True)], 1)

    return attend


def _attend(q: Tensor, k: Tensor, v: Tensor, future: Tensor) -> Tensor:
    """Causal attention of one sequence, [heads, T, head_dim].

    One sequence's scores stay in a core's cache, where those of a padded batch do not: a third of the time on a CPU.
    """
    count = q.shape[1]
    blocked = future[:count, :count].to(q.dtype).expand(q.shape[0], -1, -1)
    scores = torch.baddbmm(blocked, q, k.transpose(1, 2), alpha=q.shape[2] ** -0.5)
    return torch.bmm(scores.softmax(-1), v)
