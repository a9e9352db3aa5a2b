"""What TensorRT needs of every half-precision graph: one number format, written in the graph."""

from __future__ import annotations

import onnx
import pytest

from export.onnx import decoder, denoiser, language, vision
from export.onnx.exporter import mark_for_tensorrt
from export.onnx.precision import Precision
from export.presets import Preset

from .conftest import Models

pytestmark = pytest.mark.graphs

TYPES = {Precision.FP16: onnx.TensorProto.FLOAT16, Precision.BF16: onnx.TensorProto.BFLOAT16}
FLOATS = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}
HEAVY = {"MatMul", "Gemm", "Conv", "Attention", "RotaryEmbedding", "TensorScatter"}
NAMES = (vision.NAME, language.NAME, denoiser.NAME, decoder.NAME)


@pytest.mark.parametrize(
    "precision",
    # bf16 takes the same way as fp16: apart, for the time that four more exports take
    [Precision.FP16, pytest.param(Precision.BF16, marks=pytest.mark.contract)],
)
@pytest.mark.parametrize("name", NAMES)
def test_weights_and_heavy_nodes_are_of_one_type(models: Models, name: str, precision: Precision) -> None:
    model = models(name, precision)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True).graph
    values = [*inferred.input, *inferred.value_info, *inferred.output]
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    types |= {tensor.name: tensor.data_type for tensor in inferred.initializer}
    # Vectors may be fp32 (the frequencies of time and position embeddings), matrices and kernels may not.
    matrices = [tensor for tensor in inferred.initializer if sum(size > 1 for size in tensor.dims) > 1]
    assert {tensor.data_type for tensor in matrices if tensor.data_type in FLOATS} == {TYPES[precision]}
    heavy = [node for node in inferred.node if node.op_type in HEAVY]
    assert heavy
    for node in heavy:
        assert types[node.input[0]] == types[node.output[0]] == TYPES[precision], node.name


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
