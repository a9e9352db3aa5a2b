"""Arrays to and from the messages of the KServe protocol that Triton speaks."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2

Tensor = NDArray[Any] | bytes
"""An array, or the one element of a BYTES tensor of shape [1]."""

_NAMES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "uint64": "UINT64",
    "int32": "INT32",
    "int64": "INT64",
    "float32": "FP32",
}
_DTYPES = {name: np.dtype(dtype) for dtype, name in _NAMES.items()}
_LENGTH = struct.Struct("<I")


def infer_request(
    model: str, tensors: Mapping[str, Tensor], *, request_id: str, batched: bool = False
) -> service_pb2.ModelInferRequest:
    """A request to `model`; `batched` puts a batch dimension of one before every shape."""
    request = service_pb2.ModelInferRequest(model_name=model, id=request_id)
    for name, tensor in tensors.items():
        datatype, shape, content = _encode(tensor)
        request.inputs.add(name=name, datatype=datatype, shape=[1, *shape] if batched else shape)
        request.raw_input_contents.append(content)
    return request


def infer_outputs(response: service_pb2.ModelInferResponse) -> dict[str, Tensor]:
    """The arrays of a response by name; a BYTES tensor gives its first element. Arrays are read-only."""
    return {
        output.name: _decode(output.datatype, tuple(output.shape), content)
        for output, content in zip(response.outputs, response.raw_output_contents, strict=True)
    }


def array(outputs: Mapping[str, Tensor], name: str) -> NDArray[Any]:
    """The array called `name`."""
    value = outputs[name]
    if isinstance(value, bytes):
        raise TypeError(f"{name} holds bytes")
    return value


def scalar(outputs: Mapping[str, Tensor], name: str) -> int:
    """The only number of the array called `name`."""
    return int(array(outputs, name).reshape(-1)[0])


def content(outputs: Mapping[str, Tensor], name: str) -> bytes:
    """The bytes called `name`."""
    value = outputs[name]
    if not isinstance(value, bytes):
        raise TypeError(f"{name} holds an array")
    return value


def _encode(tensor: Tensor) -> tuple[str, list[int], bytes]:
    if isinstance(tensor, bytes):
        return "BYTES", [1], _LENGTH.pack(len(tensor)) + tensor
    return _NAMES[tensor.dtype.name], list(tensor.shape), np.ascontiguousarray(tensor).tobytes()


def _decode(datatype: str, shape: tuple[int, ...], raw: bytes) -> Tensor:
    if datatype == "BYTES":
        (length,) = _LENGTH.unpack_from(raw)
        return raw[_LENGTH.size : _LENGTH.size + length]
    return np.frombuffer(raw, _DTYPES[datatype]).reshape(shape)
