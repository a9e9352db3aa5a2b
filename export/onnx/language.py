"""LLaMA with its cache as inputs and outputs: one graph for prefill and decode."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.networks.language import LanguageBlock, LanguageModel, RMSNorm
from export.onnx.attention import Cache, CachedAttention, Context, FusedAttention, StandardAttention
from export.onnx.deferred import joined
from export.onnx.graph import Graph, GraphInput
from export.onnx.norms import rms_norm
from export.onnx.precision import Precision
from export.onnx.scatter import translations

NAME = "llama_feature_generator"

# a block's names and the network's
_JOINED = {
    ".qkv": tuple(f".self_attn.{each}_proj.weight" for each in "qkv"),
    ".gate_up": (".gate_proj.weight", ".up_proj.weight"),
}
_RENAMED = {
    ".o_proj.": ".self_attn.o_proj.",
    ".input_norm.": ".input_layernorm.",
    ".post_norm.": ".post_attention_layernorm.",
}


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
        self.input_norm, self.post_norm = _Norm(block.input_layernorm), _Norm(block.post_attention_layernorm)
        self.qkv = joined(attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight)
        self.gate_up = joined(block.gate_proj.weight, block.up_proj.weight)
        self.o_proj, self.down_proj = attention.o_proj, block.down_proj

    def forward(
        self, x: Tensor, cache: Cache, attention: CachedAttention, context: Context
    ) -> tuple[Tensor, Tensor, Tensor]:
        """[B, T, hidden] -> the same, and both caches with the new rows."""
        mixed, keys, values = attention(F.linear(self.input_norm(x), self.qkv), cache, context)
        x = x + self.o_proj(mixed)
        gate, up = F.linear(self.post_norm(x), self.gate_up).chunk(2, dim=-1)
        return x + self.down_proj(F.silu(gate) * up), keys, values


class LanguageGraph(nn.Module):
    """`T` new tokens or features per row, against a cache of `span` positions per row."""

    def __init__(self, model: LanguageModel, attention: CachedAttention) -> None:
        super().__init__()
        self.attention = attention
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
        context = self.attention.context(past_length, ids.shape[1], cache[0].shape[2], dtype)
        present: list[Tensor] = []
        for number, layer in enumerate(self.layers):
            past = (cache[2 * number], cache[2 * number + 1])
            x, keys, values = layer(x, past, self.attention, context)
            present += [keys, values]
        rows = last[:, None, None].expand(-1, 1, x.shape[2])
        h = self.norm(x.gather(1, rows).squeeze(1))
        return self.lm_head(h).float(), self.output_projector(h).float(), *present


def parts(name: str) -> tuple[str, ...]:
    """The network's names for what a parameter of `LanguageGraph` is made of."""
    for ours, several in _JOINED.items():
        if name.endswith(ours):
            return tuple(name.removesuffix(ours) + each for each in several)
    for ours, theirs in _RENAMED.items():
        name = name.replace(ours, theirs)
    return (name,)


def language_graph(model: LanguageModel, precision: Precision, positions: int, span: int | None = None) -> Graph:
    """The feature generator's graph for sequences of up to `positions`.

    `span` fixes the cache's length, as TensorRT needs it; None is for ONNX Runtime and its own attention.
    """
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
    attention = StandardAttention(size) if span else FusedAttention(size, positions)
    module = LanguageGraph(model, attention).to(precision.dtype)
    return Graph(NAME, module, tuple(inputs), outputs, precision, translations())
