from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2

from services.inference.tensors import Tensor, array, content, infer_outputs, infer_request, scalar

DTYPES = st.sampled_from([np.bool_, np.uint8, np.uint64, np.int32, np.int64, np.float32])
ARRAYS = DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0)))


def echo(request: service_pb2.ModelInferRequest) -> dict[str, Tensor]:
    """What a model that answers with its inputs would send."""
    response = service_pb2.ModelInferResponse()
    for one in request.inputs:
        response.outputs.add(name=one.name, datatype=one.datatype, shape=one.shape)
    response.raw_output_contents.extend(request.raw_input_contents)
    return infer_outputs(response)


@settings(max_examples=50)
@given(ARRAYS)
def test_arrays_survive_the_wire(values: NDArray[Any]) -> None:
    back = array(echo(infer_request("m", {"x": values}, request_id="r")), "x")
    assert back.dtype == values.dtype
    np.testing.assert_array_equal(back, values)


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_bytes_survive_the_wire(value: bytes) -> None:
    assert content(echo(infer_request("m", {"x": value}, request_id="r", batched=True)), "x") == value


def test_views_are_sent_in_their_own_order() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4).T
    np.testing.assert_array_equal(array(echo(infer_request("m", {"x": values}, request_id="r")), "x"), values)


def test_batched_puts_one_before_every_shape() -> None:
    request = infer_request("m", {"x": np.zeros((4, 2), np.float32), "y": b"a"}, request_id="r7", batched=True)
    assert [list(one.shape) for one in request.inputs] == [[1, 4, 2], [1, 1]]
    assert (request.model_name, request.id) == ("m", "r7")


def test_scalar_takes_the_only_number() -> None:
    assert scalar({"x": np.array([[7]], np.int32)}, "x") == 7


def test_the_wrong_kind_of_tensor_is_an_error() -> None:
    with pytest.raises(TypeError, match="holds bytes"):
        array({"x": b"a"}, "x")
    with pytest.raises(TypeError, match="holds an array"):
        content({"x": np.zeros(1)}, "x")
