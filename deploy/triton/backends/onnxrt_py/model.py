"""A Triton backend for plain ONNX graphs on the CPU.

A model needs `backend: "onnxrt_py"`, its inputs and outputs by the graph's names, and 1/model.onnx. The requests Triton
hands over together (dynamic batching) are one run of the graph. Parameters, all optional:

intra_op_threads   threads of one run (1)
allow_spinning     1 lets idle threads burn CPU for latency (0: sessions on one machine would slow each other)
warm_up            batch sizes run once before the model is ready, "1,8"
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import triton_python_backend_utils as pb_utils
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException

Arrays = list[NDArray[Any]]


class TritonPythonModel:
    """One ONNX Runtime session."""

    def initialize(self, args: Mapping[str, str]) -> None:
        """Load the graph; TritonModelException names what does not fit."""
        _require_numpy_1()
        config = json.loads(args["model_config"])
        parameters = {key: value["string_value"] for key, value in config.get("parameters", {}).items()}
        path = Path(args["model_repository"]) / args["model_version"] / "model.onnx"
        self._session = ort.InferenceSession(str(path), _options(parameters), providers=["CPUExecutionProvider"])
        self._outputs = [output["name"] for output in config["output"]]
        self._inputs = [_graph_input(self._session, one["name"], args["model_name"]) for one in config["input"]]
        self._dtypes = [pb_utils.triton_string_to_numpy(one["data_type"]) for one in config["output"]]
        # Without a batch dimension of Triton's, requests cannot be put together.
        self._batches = int(config.get("max_batch_size", 0)) > 0
        for size in (int(text) for text in parameters.get("warm_up", "").split(",") if text.strip()):
            self._run([np.zeros(_warm_shape(one.shape, size), _dtype(one.type)) for one in self._inputs])

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """One run for all requests of equal shape; each that cannot be served gets an error of its own."""
        responses: list[Any] = [None] * len(requests)
        groups: dict[tuple[object, ...], list[tuple[int, Arrays]]] = defaultdict(list)
        for index, request in enumerate(requests):
            arrays = [pb_utils.get_input_tensor_by_name(request, one.name).as_numpy() for one in self._inputs]
            problem = self._problem(arrays)
            if problem:
                responses[index] = _refusal(problem)
                continue
            key = tuple(array.shape[1:] for array in arrays) if self._batches else (index,)
            groups[key].append((index, arrays))
        for members in groups.values():
            for (index, _), response in zip(members, self._serve([arrays for _, arrays in members]), strict=True):
                responses[index] = response
        return responses

    def _serve(self, members: Sequence[Arrays]) -> list[Any]:
        """One response for each member, from one run if that goes well."""
        try:
            results = self._run([_joined(column) for column in zip(*members, strict=True)])
        except (Fail, InvalidArgument, RuntimeException) as error:
            # One member must not fail the others.
            return [_failure(error)] if len(members) == 1 else [self._serve([member])[0] for member in members]
        ends = np.cumsum([len(member[0]) for member in members])[:-1]
        parts = [np.split(result, ends) for result in results] if self._batches else [[one] for one in results]
        return [self._response(list(arrays)) for arrays in zip(*parts, strict=True)]

    def _run(self, arrays: Arrays) -> Arrays:
        feed = {one.name: array for one, array in zip(self._inputs, arrays, strict=True)}
        results = self._session.run(self._outputs, feed)
        return [np.asarray(result, dtype) for result, dtype in zip(results, self._dtypes, strict=True)]

    def _response(self, arrays: Arrays) -> Any:  # noqa: ANN401 - Triton's own class
        tensors = [pb_utils.Tensor(name, array) for name, array in zip(self._outputs, arrays, strict=True)]
        return pb_utils.InferenceResponse(tensors)

    def _problem(self, arrays: Arrays) -> str | None:
        for one, array in zip(self._inputs, arrays, strict=True):
            if len(one.shape) != array.ndim or any(
                _differs(*pair) for pair in zip(one.shape, array.shape, strict=True)
            ):
                return f"{one.name}: shape {list(array.shape)} is not {list(one.shape)}"
        return None


def _require_numpy_1() -> None:
    if int(np.__version__.split(".", maxsplit=1)[0]) >= 2:
        raise pb_utils.TritonModelException(f"numpy {np.__version__} hands over empty tensors: install numpy<2")


def _options(parameters: Mapping[str, str]) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = int(parameters.get("intra_op_threads", "1"))
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", parameters.get("allow_spinning", "0"))
    return options


def _graph_input(session: ort.InferenceSession, name: str, model: str) -> ort.NodeArg:
    found = {one.name: one for one in session.get_inputs()}
    if name not in found:
        raise pb_utils.TritonModelException(f"{model}: the graph has inputs {', '.join(found)}, not {name}")
    return found[name]


def _joined(column: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return column[0] if len(column) == 1 else np.concatenate(column)


def _differs(expected: int | str | None, actual: int) -> bool:
    """A named or unknown dimension takes every size."""
    return isinstance(expected, int) and expected != actual


def _warm_shape(shape: Sequence[int | str | None], size: int) -> list[int]:
    return [length if isinstance(length, int) else size for length in shape]


def _dtype(kind: str) -> np.dtype[Any]:
    """Numpy's type of ONNX Runtime's "tensor(float)"."""
    name = kind.removeprefix("tensor(").removesuffix(")")
    return np.dtype({"float": "float32", "double": "float64"}.get(name, name))


def _refusal(problem: str) -> Any:  # noqa: ANN401 - Triton's own class
    error = pb_utils.TritonError(f"INVALID_ARGUMENT: {problem}", pb_utils.TritonError.INVALID_ARG)
    return pb_utils.InferenceResponse([], error)


def _failure(error: Exception) -> Any:  # noqa: ANN401 - Triton's own class
    return pb_utils.InferenceResponse([], pb_utils.TritonError(f"INTERNAL: {error}", pb_utils.TritonError.INTERNAL))
