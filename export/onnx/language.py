"""LLaMA with its cache as inputs and outputs: one graph for prefill and decode."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.networks.language import LanguageBlock, LanguageModel, RMSNorm
from export.onnx.graph import Graph, GraphInput
from export.onnx.norms import rms_norm
from export.onnx.precision import Precision
from export.onnx.scatter import tensor_scatter, translations

NAME = "llama_feature_generator"


class _Norm(nn.Module):
    """A network's RMSNorm as one node."""

    def __init__(self, norm: RMSNorm) -> None:
        super().__init__()
        self.weight, self.eps = norm.weight, norm.eps

    def forward(self, x: Tensor) -> Tensor:
        """[..., width] -> the same shape and dtype."""
        return rms_norm(x, self.weight, self.eps)


class _Block(nn.Module):
    """A layer with q, k, v in one product and gate, up in another: fewer and larger products for one row."""

    def __init__(self, block: LanguageBlock) -> None:
        super().__init__()
        attention = block.self_attn
        self.heads, self.head_dim = attention.heads, attention.head_dim
        self.input_norm, self.post_norm = _Norm(block.input_layernorm), _Norm(block.post_attention_layernorm)
        self.qkv = nn.Parameter(
            torch.cat([attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight]).detach()
        )
        self.gate_up = nn.Parameter(torch.cat([block.gate_proj.weight, block.up_proj.weight]).detach())
        self.o_proj, self.down_proj = attention.o_proj, block.down_proj

    def forward(
        self, x: Tensor, cache: tuple[Tensor, Tensor], tables: tuple[Tensor, Tensor], mask: Tensor, index: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """[B, T, hidden] -> the same, and both caches with T rows written at `index`."""
        qkv = F.linear(self.input_norm(x), self.qkv)
        qkv = qkv.unflatten(-1, (3 * self.heads, self.head_dim)).transpose(1, 2)
        qk, v = qkv.split([2 * self.heads, self.heads], dim=1)
        qk = torch.onnx.ops.rotary_embedding(qk, *tables)
        q, k = qk.split([self.heads, self.heads], dim=1)
        keys = tensor_scatter(cache[0], k, index)
        values = tensor_scatter(cache[1], v, index)
        mixed = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        x = x + self.o_proj(mixed.transpose(1, 2).flatten(2))
        gate, up = F.linear(self.post_norm(x), self.gate_up).chunk(2, dim=-1)
        return x + self.down_proj(F.silu(gate) * up), keys, values


class LanguageGraph(nn.Module):
    """`T` new tokens or features per row, against a cache of `span` positions per row."""

    def __init__(self, model: LanguageModel) -> None:
        super().__init__()
        self.size = model.size
        self.embed_tokens, self.input_projector = model.embed_tokens, model.input_projector
        self.norm, self.lm_head, self.output_projector = _Norm(model.norm), model.lm_head, model.output_projector
        self.layers = nn.ModuleList(_Block(layer) for layer in model.layers)  # type: ignore[arg-type]

    def forward(
        self,
        ids: Tensor,
        features: Tensor,
        is_feature: Tensor,
        past_length: Tensor,
        last: Tensor,
        *cache: Tensor,
    ) -> tuple[Tensor, ...]:
        """Logits and feature at row `last`, then present keys and values per layer.

        ids i64 [B, T], features f32 [B, T, D], is_feature bool [B, T], past_length and last i64 [B],
        cache: key and value per layer, [B, heads, span, head_dim]. past_length + T may not be above span.
        """
        dtype = self.lm_head.weight.dtype
        projected = self.input_projector(features.to(dtype))
        x = torch.where(is_feature.unsqueeze(-1), projected, self.embed_tokens(ids))
        positions = past_length.unsqueeze(1) + torch.arange(ids.shape[1], device=ids.device)
        tables = self._tables(positions, dtype)
        columns = torch.arange(cache[0].shape[2], device=ids.device)
        mask = columns <= positions[:, None, :, None]
        present: list[Tensor] = []
        for number, layer in enumerate(self.layers):
            past = (cache[2 * number], cache[2 * number + 1])
            x, keys, values = layer(x, past, tables, mask, past_length)
            present += [keys, values]
        rows = last[:, None, None].expand(-1, 1, x.shape[2])
        h = self.norm(x.gather(1, rows).squeeze(1))
        return self.lm_head(h).float(), self.output_projector(h).float(), *present

    def _tables(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Cosines and sines [B, T, head_dim / 2], once for all layers."""
        exponents = torch.arange(0, self.size.head_dim, 2, dtype=torch.float32) / self.size.head_dim
        angles = positions.float().unsqueeze(-1) * self.size.rope_theta**-exponents
        return angles.cos().to(dtype), angles.sin().to(dtype)


def language_graph(model: LanguageModel, precision: Precision, span: int | None = None) -> Graph:
    """The feature generator's graph; `span` fixes the cache's length (TensorRT needs it static)."""
    size, width = model.size, model.input_projector.in_features
    batch, tokens, rows = 2, 3, span or 16
    both = {0: "batch", 1: "tokens"}
    inputs = [
        GraphInput("ids", torch.zeros(batch, tokens, dtype=torch.int64), both),
        GraphInput("features", torch.zeros(batch, tokens, width), both),
        GraphInput("is_feature", torch.zeros(batch, tokens, dtype=torch.bool), both),
        GraphInput("past_length", torch.zeros(batch, dtype=torch.int64), {0: "batch"}),
        GraphInput("last", torch.zeros(batch, dtype=torch.int64), {0: "batch"}),
    ]
    axes = {0: "batch"} if span else {0: "batch", 2: "span"}
    shape = (batch, size.heads, rows, size.head_dim)
    names = [f"{kind}_{i}" for i in range(size.layers) for kind in ("key", "value")]
    inputs += [GraphInput(f"past_{name}", torch.zeros(shape, dtype=precision.dtype), axes) for name in names]
    outputs = ("logits", "feature", *(f"present_{name}" for name in names))
    module = LanguageGraph(model).to(precision.dtype)
    return Graph(NAME, module, tuple(inputs), outputs, precision, translations())
