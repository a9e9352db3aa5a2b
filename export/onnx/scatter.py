"""Opset 24's `TensorScatter` as a torch operator: writing new keys and values into the cache."""

from __future__ import annotations

from collections.abc import Callable

import torch
from onnxscript import FLOAT, INT64
from onnxscript.onnx_opset import opset24
from torch import Tensor


@torch.library.custom_op("wegen::tensor_scatter", mutates_args=())
def tensor_scatter(cache: Tensor, update: Tensor, write_indices: Tensor) -> Tensor:
    """`cache` [B, heads, S, D] with `update` [B, heads, T, D] written from row `write_indices` [B] on.

    `write_indices` + T may not be above S. As ONNX defines TensorScatter with mode "linear", axis 2.
    """
    result = cache.clone()
    rows = write_indices[:, None] + torch.arange(update.shape[2], device=cache.device)
    rows = rows[:, None, :, None].expand_as(update)
    return result.scatter_(2, rows, update)


@tensor_scatter.register_fake
def _(cache: Tensor, update: Tensor, write_indices: Tensor) -> Tensor:
    del update, write_indices
    return torch.empty_like(cache)


def _to_onnx(cache: FLOAT, update: FLOAT, write_indices: INT64) -> FLOAT:
    return opset24.TensorScatter(cache, update, write_indices, axis=2, mode="linear")


def translations() -> dict[Callable[..., object], Callable[..., object]]:
    """For `torch.onnx.export(custom_translation_table=...)`."""
    return {torch.ops.wegen.tensor_scatter.default: _to_onnx}
