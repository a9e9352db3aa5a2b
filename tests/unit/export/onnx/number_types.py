"""The one number format of a graph for TensorRT."""

from __future__ import annotations

import onnx

from export.onnx.precision import Precision

TYPES = {Precision.FP16: onnx.TensorProto.FLOAT16, Precision.BF16: onnx.TensorProto.BFLOAT16}
FLOATS = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}
HEAVY = {"MatMul", "Gemm", "Conv", "Attention", "RotaryEmbedding", "TensorScatter"}


def check_types(model: onnx.ModelProto, precision: Precision) -> None:
    """Matrices and heavy nodes are of `precision`; weights may lie beside the graph."""
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
