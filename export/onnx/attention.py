"""Attention over a cache that is input and output, once in the operators of each runtime."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.onnx.scatter import tensor_scatter
from export.presets import LanguageSize

Cache = tuple[Tensor, Tensor]
"""A layer's keys and values, [B, heads, span, head_dim] each."""

Context = tuple[Tensor, ...]
"""What all layers share in a step."""


class CachedAttention(Protocol):
    """One layer's attention: rotary positions, writing the cache and reading it."""

    def context(self, past_length: Tensor, tokens: int, span: int, dtype: torch.dtype) -> Context:
        """Made once from past_length i64 [B], the new positions a row and the cache's length."""

    def __call__(self, qkv: Tensor, cache: Cache, context: Context) -> tuple[Tensor, Tensor, Tensor]:
        """[B, T, 3 x hidden] to [B, T, hidden], and both caches with T rows written."""


class StandardAttention:
    """ONNX's own operators, which TensorRT takes. Every row reads the whole span under a mask."""

    def __init__(self, size: LanguageSize) -> None:
        self._size = size

    def context(self, past_length: Tensor, tokens: int, span: int, dtype: torch.dtype) -> Context:
        """Cosines and sines [B, T, head_dim / 2], mask [B, 1, T, span] and the rows to write at [B]."""
        positions = past_length.unsqueeze(1) + torch.arange(tokens, device=past_length.device)
        cosines, sines = rotary_tables(self._size, positions)
        mask = torch.arange(span, device=past_length.device) <= positions[:, None, :, None]
        return cosines.to(dtype), sines.to(dtype), mask, past_length

    def __call__(self, qkv: Tensor, cache: Cache, context: Context) -> tuple[Tensor, Tensor, Tensor]:
        """As the protocol says."""
        *tables, mask, index = context
        heads = self._size.heads
        qkv = qkv.unflatten(-1, (3 * heads, self._size.head_dim)).transpose(1, 2)
        qk, v = qkv.split([2 * heads, heads], dim=1)
        qk = torch.onnx.ops.rotary_embedding(qk, *tables)
        q, k = qk.split([heads, heads], dim=1)
        keys, values = tensor_scatter(cache[0], k, index), tensor_scatter(cache[1], v, index)
        mixed = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        return mixed.transpose(1, 2).flatten(2), keys, values


class FusedAttention(nn.Module):
    """ONNX Runtime's `GroupQueryAttention`: turns queries and keys, writes in place, reads a row's own entries only.

    Takes one new position of any number of rows, or any number of positions of one row; ONNX Runtime refuses several
    positions of several rows that have a past. `positions` is the longest sequence its tables reach.
    """

    cosines: Tensor
    sines: Tensor

    def __init__(self, size: LanguageSize, positions: int) -> None:
        super().__init__()
        self._size = size
        cosines, sines = rotary_tables(size, torch.arange(positions))
        self.register_buffer("cosines", cosines)
        self.register_buffer("sines", sines)

    def context(self, past_length: Tensor, tokens: int, span: int, dtype: torch.dtype) -> Context:
        """Index of every row's last entry i32 [B], and the longest row's entries i32."""
        del span, dtype
        return (past_length + (tokens - 1)).to(torch.int32), (past_length.max() + tokens).to(torch.int32)

    def forward(self, qkv: Tensor, cache: Cache, context: Context) -> tuple[Tensor, Tensor, Tensor]:
        """As the protocol says."""
        heads = self._size.heads
        inputs = (qkv, None, None, *cache, *context, self.cosines, self.sines)
        mixed, keys, values = torch.onnx.ops.symbolic_multi_out(
            "com.microsoft::GroupQueryAttention",
            inputs,
            {"num_heads": heads, "kv_num_heads": heads, "do_rotary": 1},
            dtypes=(qkv.dtype,) * 3,
            shapes=((*qkv.shape[:2], heads * self._size.head_dim), cache[0].shape, cache[1].shape),
            version=1,
        )
        return mixed, keys, values


def rotary_tables(size: LanguageSize, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines f32 [..., head_dim / 2] of integer positions [...]."""
    exponents = torch.arange(0, size.head_dim, 2, dtype=torch.float32) / size.head_dim
    angles = positions.float().unsqueeze(-1) * size.rope_theta**-exponents
    return angles.cos(), angles.sin()
