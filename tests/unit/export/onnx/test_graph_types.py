"""What TensorRT needs of every half-precision graph: one number format, written in the graph."""

from __future__ import annotations

import onnx
import pytest

from export.onnx import decoder, denoiser, language, vision
from export.onnx.exporter import mark_for_tensorrt
from export.onnx.precision import Precision
from export.presets import Preset

from .conftest import Models
from .number_types import check_types

pytestmark = pytest.mark.graphs

NAMES = (vision.NAME, language.NAME, denoiser.NAME, decoder.NAME)


# bf16 in test_published_widths.py
@pytest.mark.parametrize("name", NAMES)
def test_weights_and_heavy_nodes_are_of_one_type(models: Models, name: str) -> None:
    model = models(name, Precision.FP16)
    onnx.checker.check_model(model, full_check=True)
    check_types(model, Precision.FP16)


@pytest.mark.parametrize("name", NAMES)
def test_only_named_axes_are_dynamic(models: Models, name: str) -> None:
    graph = models(name, Precision.FP32).graph
    for value in [*graph.input, *graph.output]:
        axes = [dim.dim_param for dim in value.type.tensor_type.shape.dim]
        assert axes[0] == "batch"
        assert set(axes) <= {"batch", "tokens", "span", ""}


def test_tensorrt_gets_a_cache_of_fixed_length(preset: Preset, models: Models) -> None:
    graph = models(language.NAME, Precision.FP16).graph
    caches = [value for value in [*graph.input, *graph.output] if "_key_" in value.name or "_value_" in value.name]
    assert len(caches) == 4 * preset.language.layers
    for cache in caches:
        assert cache.type.tensor_type.shape.dim[2].dim_value == preset.context
        assert cache.type.tensor_type.elem_type == onnx.TensorProto.FLOAT16


@pytest.mark.parametrize(
    ("kind", "width", "marked"),
    [
        (onnx.TensorProto.FLOAT16, 128, False),
        (onnx.TensorProto.BFLOAT16, 64, False),
        (onnx.TensorProto.FLOAT16, 512, True),  # the VAE's
        (onnx.TensorProto.FLOAT, 64, True),
    ],
)
def test_attention_without_a_fused_kernel_may_be_taken_apart(kind: int, width: int, *, marked: bool) -> None:
    shape: list[str | int | None] = ["batch", 2, "tokens", width]
    inputs = [onnx.helper.make_tensor_value_info(name, kind, shape) for name in "qkv"]
    node = onnx.helper.make_node("Attention", ["q", "k", "v"], ["y"])
    graph = onnx.helper.make_graph([node], "one", inputs, [onnx.helper.make_tensor_value_info("y", kind, shape)])
    model = onnx.helper.make_model(graph)
    mark_for_tensorrt(model)
    assert [attribute.name for attribute in model.graph.node[0].attribute] == ["TRT_decomposable"] * marked


def test_nothing_tensorrt_would_misread(models: Models) -> None:
    """Its parser drops `nonpad_kv_seqlen` in silence and takes `is_causal` for an upper-left mask."""
    for name in NAMES:
        for node in models(name, Precision.FP16).graph.node:
            if node.op_type == "Attention":
                assert len(node.input) <= 4
                assert not any(attribute.name == "is_causal" and attribute.i for attribute in node.attribute)
