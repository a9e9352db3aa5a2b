"""The language model over sequences laid end to end: no position is padding, no score is computed across sequences."""

from __future__ import annotations

import torch
from torch import Tensor

from export.networks import LanguageModel
from export.networks.rotary import rotary_tables


def packed_hidden(
    model: LanguageModel, ids: Tensor, features: Tensor, is_feature: Tensor, *, lengths: tuple[int, ...]
) -> Tensor:
    """What `LanguageModel.hidden` gives for every sequence alone, [N, hidden].

    ids [N], features [N, D] and is_feature [N] are the sequences of `lengths`, one after the other.
    """
    x = model.embed(ids[None], features[None], is_feature[None])
    positions = torch.cat([torch.arange(length, device=ids.device) for length in lengths])
    cos, sin = rotary_tables(positions[None], model.size.head_dim, model.size.rope_theta, x.dtype)
    longest = max(lengths)
    future = torch.full((longest, longest), -torch.inf, device=ids.device).triu_(1)
    for layer in model.blocks():
        q, k, v = layer.self_attn.qkv(layer.input_layernorm(x), cos, sin)
        queries, keys, values = (rows[0].split(lengths, 1) for rows in (q, k, v))
        mixed = torch.cat([_attend(*part, future) for part in zip(queries, keys, values, strict=True)], 1)
        x = layer.mlp(x + layer.self_attn.merge(mixed[None]))
    normed: Tensor = model.norm(x)
    return normed[0]


def _attend(q: Tensor, k: Tensor, v: Tensor, future: Tensor) -> Tensor:
    """Causal attention of one sequence, [heads, T, head_dim].

    One sequence's scores stay in a core's cache, where those of a padded batch do not: a third of the time on a CPU.
    """
    count = q.shape[1]
    blocked = future[:count, :count].to(q.dtype).expand(q.shape[0], -1, -1)
    scores = torch.baddbmm(blocked, q, k.transpose(1, 2), alpha=q.shape[2] ** -0.5)
    return torch.bmm(scores.softmax(-1), v)
