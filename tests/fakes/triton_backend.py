"""Triton's Python backend module, and a request of its."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

FINAL = 1


class Tensor:
    def __init__(self, name: str, array: NDArray[Any]) -> None:
        self.name, self.array = name, array

    def as_numpy(self) -> NDArray[Any]:
        return self.array


class TritonError(Exception):
    INVALID_ARG, CANCELLED, INTERNAL, UNAVAILABLE = "INVALID_ARG", "CANCELLED", "INTERNAL", "UNAVAILABLE"

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Metric:
    def __init__(self) -> None:
        self.value = 0.0

    def set(self, value: float) -> None:
        self.value = value

    def increment(self, value: float) -> None:
        assert value > 0
        self.value += value


class Family:
    GAUGE, COUNTER = "gauge", "counter"
    made: dict[str, dict[tuple[str, ...], Metric]] = {}  # noqa: RUF012

    def __init__(self, *, name: str, description: str, kind: str) -> None:
        assert description
        assert (kind == self.COUNTER) == name.endswith("_total")
        self.metrics = self.made.setdefault(name, {})

    def Metric(self, *, labels: dict[str, str]) -> Metric:  # noqa: N802
        return self.metrics.setdefault(tuple(labels.values()), Metric())


PB = SimpleNamespace(
    Tensor=Tensor,
    TritonError=TritonError,
    MetricFamily=Family,
    TRITONSERVER_RESPONSE_COMPLETE_FINAL=FINAL,
    InferenceResponse=lambda output_tensors=(), error=None: SimpleNamespace(tensors=output_tensors, error=error),
    get_input_tensor_by_name=lambda request, name: request.inputs.get(name),
)


class Request:
    """Triton's request and its response sender in one."""

    def __init__(self, **inputs: Any) -> None:
        self.inputs = {name: Tensor(name, np.asarray(value)) for name, value in inputs.items()}
        self.responses: list[dict[str, NDArray[Any]]] = []
        self.error: TritonError | None = None
        self.ends = 0
        self._ended = threading.Event()

    def get_response_sender(self) -> Request:
        return self

    def is_cancelled(self) -> bool:
        # Triton 24.10 dies of this question after the final response.
        assert not self.ends
        return False

    def send(self, response: Any = None, flags: int = 0) -> None:
        if response is not None and response.error is not None:
            self.error = response.error
        elif response is not None:
            self.responses.append({tensor.name: tensor.array for tensor in response.tensors})
        if flags & FINAL:
            self.ends += 1
            self._ended.set()

    def wait(self) -> Request:
        assert self._ended.wait(20), "the request never ended"
        assert self.ends == 1
        return self
