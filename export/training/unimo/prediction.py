"""Features predicted one from the other for a whole batch of prompts, as the served model does for one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from export.networks import LanguageModel
from export.networks.rotary import rotary_tables
from export.training.unimo.batch import PromptBatch

_Cache = list[tuple[Tensor, Tensor]]


@torch.no_grad()
def predicted_features(model: LanguageModel, prompts: PromptBatch, count: int) -> Tensor:
    """Features [B, count, D] after prompts that end with `<img>`."""
    states, cache = model.hidden(prompts.ids, prompts.features, prompts.is_feature)
    lengths = prompts.real.sum(1)
    state = states[torch.arange(len(states), device=states.device), lengths - 1][:, None]
    seen = prompts.real[:, None, None]
    features = [model.output_projector(state)]
    for place in range(count - 1):
        seen = F.pad(seen, (0, 1), value=True)
        state = _extended(model, model.input_projector(features[-1]), cache, lengths[:, None] + place, seen)
        features.append(model.output_projector(state))
    return torch.cat(features, 1)


def _extended(model: LanguageModel, x: Tensor, cache: _Cache, positions: Tensor, seen: Tensor) -> Tensor:
    """The last hidden state of one more embedding [B, 1, hidden] at `positions` [B, 1]; `cache` grows by it."""
    cos, sin = rotary_tables(positions, model.size.head_dim, model.size.rope_theta, x.dtype)
    for number, layer in enumerate(model.blocks()):
        q, k, v = layer.self_attn.qkv(layer.input_layernorm(x), cos, sin)
        keys, values = (torch.cat(pair, 2) for pair in zip(cache[number], (k, v), strict=True))
        cache[number] = (keys, values)
        mixed = F.scaled_dot_product_attention(q, keys, values, attn_mask=seen)
        x = layer.mlp(x + layer.self_attn.merge(mixed))
    normed: Tensor = model.norm(x)
    return normed
