"""The LLaMA feature generator: text tokens and visual features in one sequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.networks.rotary import rotary_tables, rotate
from export.presets import LanguageSize


@dataclass(frozen=True, slots=True)
class LanguageOutput:
    """Logits [B, T, vocab], predicted features [B, T, D], cache per layer (K and V, [B, heads, S, head_dim])."""

    logits: Tensor
    features: Tensor
    cache: list[tuple[Tensor, Tensor]]


class RMSNorm(nn.Module):
    """LLaMA's norm, computed in fp32."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """[..., width] -> the same shape and dtype."""
        scaled = x.float()
        scaled = scaled * torch.rsqrt(scaled.pow(2).mean(-1, keepdim=True) + self.eps)
        return self.weight * scaled.to(x.dtype)


class LanguageAttention(nn.Module):
    """Causal self-attention with rotary positions."""

    def __init__(self, size: LanguageSize) -> None:
        super().__init__()
        self.heads, self.head_dim = size.heads, size.head_dim
        self.q_proj = nn.Linear(size.hidden, size.hidden, bias=False)
        self.k_proj = nn.Linear(size.hidden, size.hidden, bias=False)
        self.v_proj = nn.Linear(size.hidden, size.hidden, bias=False)
        self.o_proj = nn.Linear(size.hidden, size.hidden, bias=False)

    def split(self, x: Tensor) -> Tensor:
        """[B, T, hidden] -> [B, heads, T, head_dim]."""
        batch, count, _ = x.shape
        return x.view(batch, count, self.heads, self.head_dim).transpose(1, 2)

    def qkv(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotated queries and keys, and values, each [B, heads, T, head_dim]."""
        q, k, v = self.split(self.q_proj(x)), self.split(self.k_proj(x)), self.split(self.v_proj(x))
        return rotate(q, cos, sin), rotate(k, cos, sin), v

    def merge(self, x: Tensor) -> Tensor:
        """[B, heads, T, head_dim] -> [B, T, hidden]."""
        return self.o_proj(x.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class LanguageBlock(nn.Module):
    """A LLaMA layer."""

    def __init__(self, size: LanguageSize) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(size.hidden, size.rms_norm_eps)
        self.self_attn = LanguageAttention(size)
        self.post_attention_layernorm = RMSNorm(size.hidden, size.rms_norm_eps)
        self.gate_proj = nn.Linear(size.hidden, size.mlp_hidden, bias=False)
        self.up_proj = nn.Linear(size.hidden, size.mlp_hidden, bias=False)
        self.down_proj = nn.Linear(size.mlp_hidden, size.hidden, bias=False)

    def mlp(self, x: Tensor) -> Tensor:
        """The gated feed-forward half, with its residual."""
        y = self.post_attention_layernorm(x)
        return x + self.down_proj(F.silu(self.gate_proj(y)) * self.up_proj(y))  # type: ignore[no-any-return]


class LanguageModel(nn.Module):
    """LLaMA with WeGen's projectors (bias-free linears between feature width and hidden width)."""

    def __init__(self, size: LanguageSize, feature_width: int) -> None:
        super().__init__()
        self.size = size
        self.embed_tokens = nn.Embedding(size.vocab, size.hidden)
        self.layers = nn.ModuleList(LanguageBlock(size) for _ in range(size.layers))
        self.norm = RMSNorm(size.hidden, size.rms_norm_eps)
        self.lm_head = nn.Linear(size.hidden, size.vocab, bias=False)
        self.input_projector = nn.Linear(feature_width, size.hidden, bias=False)
        self.output_projector = nn.Linear(size.hidden, feature_width, bias=False)

    def blocks(self) -> Iterator[LanguageBlock]:
        """The layers, first to last."""
        return (cast("LanguageBlock", layer) for layer in self.layers)

    def embed(self, ids: Tensor, features: Tensor, is_feature: Tensor) -> Tensor:
        """Token embeddings [B, T, hidden], replaced by projected features [B, T, D] where `is_feature` [B, T]."""
        mask = is_feature.unsqueeze(-1)
        return torch.where(mask, self.input_projector(features), self.embed_tokens(ids))

    def forward(self, ids: Tensor, features: Tensor, is_feature: Tensor, mask: Tensor | None = None) -> LanguageOutput:
        """A whole sequence at once, from position 0. `mask` [B, 1, T, T] bool replaces the causal one."""
        x, cache = self.hidden(ids, features, is_feature, mask)
        return LanguageOutput(self.lm_head(x), self.output_projector(x), cache)

    def hidden(
        self, ids: Tensor, features: Tensor, is_feature: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """What both heads read, [B, T, hidden], and the cache."""
        x = self.embed(ids, features, is_feature)
        positions = torch.arange(ids.shape[1], device=ids.device).expand(ids.shape[0], -1)
        cos, sin = rotary_tables(positions, self.size.head_dim, self.size.rope_theta, x.dtype)
        cache = []
        for layer in self.blocks():
            q, k, v = layer.self_attn.qkv(layer.input_layernorm(x), cos, sin)
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
            x = layer.mlp(x + layer.self_attn.merge(mixed))
            cache.append((k, v))
        return self.norm(x), cache
