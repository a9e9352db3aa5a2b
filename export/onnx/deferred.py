"""Weights that are read only when a graph is written, one after the other: no network is ever in memory whole.

Until then a placeholder stands for each: the weight's shape and type over a single NaN, so that whatever is worked out
from it by mistake shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod

import onnx_ir
import onnxscript.optimizer
import torch
from onnx_ir.tensor_adapters import TorchTensor, to_torch_dtype
from onnxscript.rewriter import onnx_fusions
from torch import Tensor, nn

Read = Callable[[], Tensor]

SMALLEST = 4096
"""Elements of the smallest weight to put off: the exporter looks into smaller ones, to find equal ones."""


@dataclass(frozen=True, slots=True)
class Lazy:
    """A weight that is read when it is asked for."""

    shape: tuple[int, ...]
    read: Read


@dataclass(frozen=True, slots=True)
class Outline:
    """A network in which placeholders stand for the weights of `reads`, by the network's own names.

    A read answers the weight in whatever type it is stored.
    """

    module: nn.Module
    reads: Mapping[str, Read] = field(default_factory=dict)


def outlined(module: nn.Module, weights: Mapping[str, Lazy], dtype: torch.dtype) -> Outline:
    """`module` (on torch's meta device) in eval mode, its large weights placeholders of `dtype` that are read later."""
    large = {name: weight for name, weight in weights.items() if prod(weight.shape) >= SMALLEST}
    state = {
        name: placeholder(weight.shape, dtype) if name in large else weight.read().to(dtype)
        for name, weight in weights.items()
    }
    module.load_state_dict(state, strict=True, assign=True)
    return Outline(module.eval(), {name: weight.read for name, weight in large.items()})


def placeholder(shape: Sequence[int], dtype: torch.dtype) -> nn.Parameter:
    """A weight of `shape` that takes no memory."""
    return nn.Parameter(torch.full((), torch.nan, dtype=dtype).expand(tuple(shape)), requires_grad=False)


def is_placeholder(weight: Tensor) -> bool:
    """Whether a weight is still to be read."""
    return weight.numel() > 1 and not any(weight.stride())


def joined(*weights: Tensor) -> nn.Parameter:
    """Weights one below the other, as a placeholder if they are."""
    if all(is_placeholder(weight) for weight in weights):
        return placeholder((sum(len(weight) for weight in weights), *weights[0].shape[1:]), weights[0].dtype)
    return nn.Parameter(torch.cat(weights).detach())


def deferred(
    names: Iterable[str],
    parts: Callable[[str], Sequence[str]],
    reads: Mapping[str, Read],
    scales: Mapping[str, float],
) -> dict[str, Read]:
    """How to read each parameter of a graph's module that is joined of `parts` still to be read, and scaled."""
    found = {name: [reads[part] for part in parts(name) if part in reads] for name in names}
    return {name: partial(_joined, each, scales.get(name, 1.0)) for name, each in found.items() if each}


def fill(model: onnx_ir.Model, reads: Mapping[str, Read]) -> list[str]:
    """Let the initializers named in `reads` be read when the model is written; returns the names it has no use for.

    The model must not be optimized yet: this does it, and leaves these initializers alone.
    """
    values = {name: value for name, value in model.graph.initializers.items() if name in reads}
    weights = {id(value): reads[name] for name, value in values.items()}
    onnxscript.optimizer.optimize_ir(model, should_fold=lambda node: False if _reads(node, weights) else None)
    onnx_fusions.fuse(model)
    unused = [name for name in reads if name not in values or not values[name].uses()]
    for node in [node for node in model.graph if node.op_type == "Transpose" and _reads(node, weights)]:
        _transpose(model.graph, node, weights)
    for value in model.graph.initializers.values():
        if id(value) in weights:
            value.const_value = _lazy(value, weights[id(value)])
    return unused


def _reads(node: onnx_ir.Node, weights: Mapping[int, Read]) -> bool:
    return any(value is not None and id(value) in weights for value in node.inputs)


def _transpose(graph: onnx_ir.Graph, node: onnx_ir.Node, weights: Mapping[int, Read]) -> None:
    """Read a weight transposed in place of transposing it in every call."""
    (source,), (result,) = node.inputs, node.outputs
    if source is None or source.shape is None:
        return
    read, order = weights[id(source)], node.attributes["perm"].as_ints()
    shape = onnx_ir.Shape([source.shape[axis] for axis in order])
    value = onnx_ir.Value(name=f"{source.name}.transposed", type=source.type, shape=shape)
    value.const_value = _lazy(value, lambda: read().permute(*order))
    result.replace_all_uses_with(value)
    graph.register_initializer(value)
    graph.remove(node, safe=True)
    if not source.uses():
        del graph.initializers[source.name or ""]


def _lazy(value: onnx_ir.Value, read: Read) -> onnx_ir.LazyTensor:
    kind, shape = value.dtype, value.shape
    assert kind is not None
    assert shape is not None
    dtype = to_torch_dtype(kind)
    return onnx_ir.LazyTensor(lambda: TorchTensor(read().to(dtype).contiguous()), kind, shape, name=value.name)


def _joined(reads: Sequence[Read], scale: float) -> Tensor:
    weight = reads[0]() if len(reads) == 1 else torch.cat([read() for read in reads])
    return weight if scale == 1.0 else weight.float() * scale
