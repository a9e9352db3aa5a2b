"""From a graph's module to a checked ONNX file."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import onnx
import onnx_ir
import torch
from torch import Tensor, nn
from torch.export import Dim

from export.onnx.deferred import fill
from export.onnx.facts import Facts
from export.onnx.graph import OPSET, Graph
from export.onnx.storage import LIMIT, cut_short, save_beside

SOURCE_KEY = "wegen.source"

# diffusers makes a batch of 64 contiguous (guidance doubles rows), which no graph shows: within this, tracing ends at
# the first attempt
_TRACED_ROWS = 31

# LLaMA's, taken as it is; the VAE's single head of 512 is refused
WIDEST_FUSED_HEAD = 128


class ExportError(RuntimeError):
    """A graph could not be exported or is not valid ONNX."""


def export(graph: Graph, source: str = "") -> onnx.ModelProto:
    """Trace `graph` and check it; `ExportError` if an input has no effect.

    `source` (a hash of all it is made of) is kept in the model's metadata.
    """
    model: onnx.ModelProto = onnx_ir.to_proto(_trace(graph))
    _label(model, graph.name, source)
    onnx.checker.check_model(model, full_check=True)
    return model


def write(graph: Graph, path: Path, source: str, facts: Facts | None) -> int:
    """Export `graph` to `path`, many weights to `path`.data beside it; returns the bytes of both.

    `facts` are for TensorRT, None is for ONNX Runtime.
    """

    def label(model: onnx.ModelProto) -> None:
        _label(model, graph.name, source)

    def finish(model: onnx.ModelProto) -> None:
        if facts is not None:
            facts.write(model)
            mark_for_tensorrt(model)

    if weight_bytes(graph.module) > LIMIT:
        return save_beside(_trace(graph), path, label, finish)
    model = export(graph, source)
    finish(model)
    save(model, path)
    return path.stat().st_size


def weight_bytes(module: nn.Module) -> int:
    """Bytes of all parameters and buffers."""
    return sum(tensor.nbytes for tensor in (*module.parameters(), *module.buffers()))


def mark_for_tensorrt(model: onnx.ModelProto) -> None:
    """Let TensorRT take attention apart that it has no fused kernel for: fp32, and heads as wide as the VAE's.

    Not an attribute that ONNX knows: on copies for TensorRT only, after the check.
    """
    known = {value.name: value.type.tensor_type for value in (*model.graph.value_info, *model.graph.input)}
    for node in model.graph.node:
        if node.op_type == "Attention" and not _is_fused(known.get(node.input[0])):
            node.attribute.append(onnx.helper.make_attribute("TRT_decomposable", 1))


def source_of(path: Path) -> str:
    """The `source` that the file was exported with; empty if there is no such file, or not all of its weights."""
    if not path.is_file():
        return ""
    model = onnx.load(path, load_external_data=False)
    if cut_short(path, model):
        return ""
    return next((entry.value for entry in model.metadata_props if entry.key == SOURCE_KEY), "")


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write aside, then rename: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".partial")
    onnx.save(model, aside)
    aside.replace(path)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of torchvision's absence and of its own deprecations: nothing an operator can act on."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _is_fused(queries: onnx.TypeProto.Tensor | None) -> bool:
    """Whether queries [B, heads, T, head_dim] are of a type and width with a fused kernel; not, if nothing is known."""
    if queries is None or queries.elem_type == onnx.TensorProto.FLOAT or len(queries.shape.dim) != 4:
        return False
    return 0 < queries.shape.dim[3].dim_value <= WIDEST_FUSED_HEAD


class _Positional(nn.Module):
    """Gives every engine the same signature, whatever its number of inputs."""

    def __init__(self, engine: nn.Module) -> None:
        super().__init__()
        self.engine = engine

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The engine's own outputs."""
        return self.engine(*inputs)  # type: ignore[no-any-return]


def _label(model: onnx.ModelProto, name: str, source: str) -> None:
    """Names the model; `ExportError` if an input has no effect."""
    model.producer_name, model.graph.name = "wegen", name
    entry = model.metadata_props.add()
    entry.key, entry.value = SOURCE_KEY, source
    _check_inputs(model)


def _check_inputs(model: onnx.ModelProto) -> None:
    """Tracing takes two inputs given by one tensor for the same: then one of them would be ignored."""
    used = {name for node in model.graph.node for name in node.input}
    ignored = [value.name for value in model.graph.input if value.name not in used]
    if ignored:
        raise ExportError(f"{model.graph.name}: no effect of {', '.join(ignored)}")


def _trace(graph: Graph) -> onnx_ir.Model:
    names = {name for item in graph.inputs for name in item.axes.values()}
    dims = {name: Dim(name, min=1, max=_TRACED_ROWS if name == "batch" else None) for name in names}
    shapes = tuple({axis: dims[name] for axis, name in item.axes.items()} for item in graph.inputs)
    with torch.no_grad(), _quiet():
        program = torch.onnx.export(
            _Positional(graph.module).eval(),
            graph.examples,
            input_names=[item.name for item in graph.inputs],
            output_names=list(graph.outputs),
            opset_version=OPSET,
            dynamo=True,
            dynamic_shapes=(shapes,),  # one tuple: the parameters are variadic
            custom_translation_table=graph.translations,
            verbose=False,
            optimize=not graph.deferred,
        )
    if program is None:
        raise ExportError(f"{graph.name}: torch.onnx.export returned nothing")
    if graph.deferred:
        unused = fill(program.model, {f"engine.{name}": read for name, read in graph.deferred.items()})
        if unused:
            raise ExportError(f"{graph.name}: no effect of {', '.join(unused)}")
    return program.model
