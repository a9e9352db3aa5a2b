"""LLaMA's decode step in plain torch over a cache of fixed length: the arithmetic of the served graph."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.networks.language import LanguageBlock, LanguageModel
from export.networks.rotary import rotary_tables


class CachedLayer(nn.Module):
    """One layer of LLaMA over its part of the cache; a module of its own, to be compiled once for all layers."""

    def __init__(self, block: LanguageBlock) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor, cache: Tensor, context: tuple[Tensor, ...]) -> Tensor:
        """[rows, 1, hidden] -> the same, the new entry written to `cache` [2, rows, heads, span, head_dim]."""
        cos, sin, mask, position = context
        attention = self.block.self_attn
        q, k, v = attention.qkv(self.block.input_layernorm(x), cos, sin)
        cache[0].index_copy_(2, position, k)
        cache[1].index_copy_(2, position, v)
        mixed = F.scaled_dot_product_attention(q, cache[0], cache[1], attn_mask=mask)
        return self.block.mlp(x + attention.merge(mixed))


class DecodeStep(nn.Module):
    """One position of `rows` sequences, all as long as each other; inputs and outputs are buffers that stay in place.

    ids and is_feature [rows, 1], features [rows, 1, D], position [1]; logits [rows, vocab] and feature [rows, 1, D].
    Attention reads all `span` entries under a mask, as it does in the graph for TensorRT.
    """

    def __init__(self, model: LanguageModel, rows: int, span: int) -> None:
        super().__init__()
        weight, size = model.lm_head.weight, model.size
        device, dtype = weight.device, weight.dtype
        self.model = model
        self.layers = nn.ModuleList(CachedLayer(block) for block in model.blocks())
        self.ids = torch.zeros(rows, 1, dtype=torch.int64, device=device)
        self.features = torch.zeros(rows, 1, model.input_projector.in_features, dtype=dtype, device=device)
        self.is_feature = torch.zeros(rows, 1, dtype=torch.bool, device=device)
        self.position = torch.zeros(1, dtype=torch.int64, device=device)
        shape = (size.layers, 2, rows, size.heads, span, size.head_dim)
        self.cache = torch.zeros(shape, dtype=dtype, device=device)
        self.entries = torch.arange(span, device=device)

    @property
    def moved(self) -> int:
        """Bytes that a step cannot do without reading: all weights but the embedding table, and the cache."""
        table = self.model.embed_tokens.weight
        weights = sum(parameter.nbytes for parameter in self.model.parameters() if parameter is not table)
        return weights + self.cache.nbytes

    def forward(self) -> tuple[Tensor, Tensor]:
        """Logits and feature."""
        size = self.model.size
        x = self.model.embed(self.ids, self.features, self.is_feature)
        cos, sin = rotary_tables(self.position[None], size.head_dim, size.rope_theta, x.dtype)
        mask = (self.entries <= self.position)[None, None, None]
        for number, layer in enumerate(self.layers):
            x = layer(x, self.cache[number], (cos, sin, mask, self.position))
        h = self.model.norm(x)
        return self.model.lm_head(h[:, 0]), self.model.output_projector(h)


def generate_features(
    step: DecodeStep, feature: Tensor, advance: Callable[[], None], *, start: int, count: int
) -> None:
    """A picture's features from position `start`: `advance` runs `step`, whose output `feature` is its next input."""
    step.position.fill_(start)
    step.is_feature.fill_(value=True)
    for _ in range(count):
        advance()
        step.features.copy_(feature)
        step.position.add_(1)
