"""LLaMA's decode step: the served graph's own modules over a cache that is written where it lies."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from export.networks.language import LanguageModel
from export.networks.rotary import rotary_tables, rotate
from export.onnx.attention import Cache, Context
from export.onnx.language import LanguageGraph
from export.presets import LanguageSize


class InPlaceAttention:
    """One new position a row; every row reads the whole span under a mask, as it does in the graph for TensorRT.

    Products with one query are sums over the cache, which is all that the time goes to: written as sums, a compiler
    makes one pass of them, where kernels made for many queries leave most of the memory's bandwidth unused.
    """

    def __init__(self, size: LanguageSize) -> None:
        self._size = size

    def context(self, past_length: Tensor, tokens: int, span: int, dtype: torch.dtype) -> Context:
        """Cosines and sines [B, 1, 1, head_dim / 2], mask [B, 1, span], and where each row writes: row and entry."""
        if tokens != 1:
            raise ValueError(f"tokens {tokens} is not 1")
        cosines, sines = rotary_tables(past_length[:, None], self._size.head_dim, self._size.rope_theta, dtype)
        mask = torch.arange(span, device=past_length.device) <= past_length[:, None, None]
        return cosines, sines, mask, torch.arange(len(past_length), device=past_length.device), past_length

    def __call__(self, qkv: Tensor, cache: Cache, context: Context) -> tuple[Tensor, Tensor, Tensor]:
        """[B, 1, 3 x hidden] to [B, 1, hidden], and both caches with the new entry written."""
        cosines, sines, mask, rows, entry = context
        keys, values = cache
        heads, width = self._size.heads, self._size.head_dim
        q, k, v = qkv.view(-1, 3, heads, 1, width).unbind(1)
        q, k = rotate(q, cosines, sines), rotate(k, cosines, sines)
        keys[rows, :, entry] = k.squeeze(2)
        values[rows, :, entry] = v.squeeze(2)
        scores = (q * keys).sum(-1, dtype=torch.float32) * width**-0.5
        weights = scores.masked_fill(~mask, -torch.inf).softmax(-1)
        mixed = (weights.unsqueeze(-1) * values).sum(2).to(qkv.dtype)
        return mixed.view(-1, 1, heads * width), keys, values

    def operations(self, rows: int, span: int) -> int:
        """Of a step: the products of queries with keys and of weights with values, which no counter sees as such."""
        return 4 * self._size.layers * rows * span * self._size.hidden


def decode_network(model: LanguageModel) -> LanguageGraph:
    """The served graph's module with attention in place; its repeated block is the class `_Block`."""
    return LanguageGraph(model, InPlaceAttention(model.size))


class DecodeStep(nn.Module):
    """One position of `rows` sequences; inputs and outputs are buffers that stay in place.

    ids and is_feature [rows, 1], features [rows, 1, D], past_length [rows]; logits [rows, vocab] and feature
    [rows, D].
    """

    def __init__(self, network: LanguageGraph, size: LanguageSize, rows: int, span: int) -> None:
        super().__init__()
        device, dtype = network.lm_head.weight.device, network.lm_head.weight.dtype
        self.network = network
        self.ids = torch.zeros(rows, 1, dtype=torch.int64, device=device)
        self.features = torch.zeros(rows, 1, network.input_projector.in_features, device=device)
        self.is_feature = torch.zeros(rows, 1, dtype=torch.bool, device=device)
        self.past_length = torch.zeros(rows, dtype=torch.int64, device=device)
        self.last = torch.zeros(rows, dtype=torch.int64, device=device)
        shape = (rows, size.heads, span, size.head_dim)
        # tensors of their own, not views of one: a compiler that sees writes into shared memory copies all of it
        self.cache = [torch.randn(shape, dtype=dtype, device=device) for _ in range(2 * size.layers)]

    @property
    def moved(self) -> int:
        """Bytes that a step cannot do without reading: all weights but the embedding table, and the cache."""
        table = self.network.embed_tokens.weight
        weights = sum(parameter.nbytes for parameter in self.network.parameters() if parameter is not table)
        return weights + sum(each.nbytes for each in self.cache)

    def forward(self) -> tuple[Tensor, Tensor]:
        """Logits and feature."""
        inputs = (self.ids, self.features, self.is_feature, self.past_length, self.last)
        logits, feature, *_ = self.network(*inputs, *self.cache)
        return logits, feature


def generate_features(
    step: DecodeStep, feature: Tensor, advance: Callable[[], None], *, start: int, count: int
) -> None:
    """A picture's features from position `start`: `advance` runs `step`, whose output `feature` is its next input."""
    step.past_length.fill_(start)
    step.is_feature.fill_(value=True)
    for _ in range(count):
        advance()
        step.features.copy_(feature[:, None])
        step.past_length.add_(1)
