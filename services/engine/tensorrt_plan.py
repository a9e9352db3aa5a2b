"""A TensorRT plan: loaded once, a context for each profile. tensorrt is imported when a plan is opened.

Every name here was looked up in the bindings of 10.16.1 and 11.4; it has not run on a GPU yet. Everything above it runs
in the tests over a graph of the same protocol.
"""

from __future__ import annotations

import functools
import importlib
import mmap
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from services.engine.compiled import Shape, ShapeRange, TensorInfo
from services.engine.cuda_device import CudaDevice
from services.engine.device import DeviceError

_log = structlog.get_logger(__name__)

_ERRORS = 4
_ITEM_SIZES = {"FLOAT": 4, "HALF": 2, "BF16": 2, "INT64": 8, "INT32": 4, "INT8": 1, "UINT8": 1, "BOOL": 1, "FP8": 1}


class TensorrtPlan:
    """The engine in `path`. Weights and scratch memory lie on the device once, whatever the number of contexts.

    Contexts share the scratch memory because they run one after the other, in the device's one stream.

    `host_code`: the plan may bring a runtime of its own, as version-compatible ones do.
    """

    def __init__(self, path: Path, device: CudaDevice, *, host_code: bool = False) -> None:
        trt: Any = importlib.import_module("tensorrt")
        self.name = str(path)
        self._device = device
        self._messages = _messages(trt)
        self._runtime = trt.Runtime(self._messages)
        if host_code:
            self._runtime.engine_host_code_allowed = True
        self._allocation = trt.ExecutionContextAllocationStrategy.USER_MANAGED
        device.free_memory()  # makes the device current for TensorRT, which takes whichever is
        self._engine = self._load(path)
        names = [self._engine.get_tensor_name(number) for number in range(self._engine.num_io_tensors)]
        self.tensors = {name: self._tensor(trt, name) for name in names}
        # What the largest profile needs. Taken at once, so that whoever divides the rest knows how much there is.
        self._scratch_size = int(self._engine.device_memory_size_v2)
        self._scratch = device.allocate(max(self._scratch_size, 1))

    def ranges(self, name: str) -> Sequence[ShapeRange]:
        """What each profile takes for the input `name`."""
        shapes = (
            self._engine.get_tensor_profile_shape(name, number)
            for number in range(self._engine.num_optimization_profiles)
        )
        return [ShapeRange(tuple(low), tuple(high)) for low, _best, high in shapes]

    def execution(self, profile: int) -> TensorrtExecution:
        """A context over the plan's scratch memory."""
        context = self._engine.create_execution_context(self._allocation)
        if context is None:
            raise self.failure("create_execution_context")
        if not context.set_optimization_profile_async(profile, self._device.stream):
            raise self.failure(f"set_optimization_profile_async({profile})")
        self._device.wait()
        context.set_device_memory(self._scratch, self._scratch_size)
        return TensorrtExecution(context, self)

    def failure(self, call: str) -> DeviceError:
        """What TensorRT said: its functions answer False and log why, the cause before what follows."""
        return DeviceError(f"{self.name}: {call}", self._messages.reason())

    @property
    def stream(self) -> int:
        """The device's stream."""
        return self._device.stream

    def _load(self, path: Path) -> Any:  # noqa: ANN401
        # Mapped: the pages of a 13 GB plan are the kernel's to drop once they are on the device.
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            engine = self._runtime.deserialize_cuda_engine(content)
        if engine is None:
            raise self.failure("deserialize_cuda_engine")
        return engine

    def _tensor(self, trt: Any, name: str) -> TensorInfo:  # noqa: ANN401
        kind = self._engine.get_tensor_dtype(name).name
        if kind not in _ITEM_SIZES:
            raise DeviceError(f"{self.name}: {name}", f"elements of the type {kind} are unknown here")
        shape = tuple(self._engine.get_tensor_shape(name))
        return TensorInfo(shape, _ITEM_SIZES[kind], self._engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT)


class TensorrtExecution:
    """A context fixed to its profile."""

    def __init__(self, context: Any, plan: TensorrtPlan) -> None:  # noqa: ANN401
        self._context = context
        self._plan = plan

    def shape(self, name: str, shape: Shape) -> None:
        """The shape of an input from now on."""
        if not self._context.set_input_shape(name, shape):
            raise self._plan.failure(f"set_input_shape({name}, {list(shape)})")

    def bind(self, name: str, place: int) -> None:
        """Where a tensor lies from now on."""
        if not self._context.set_tensor_address(name, place):
            raise self._plan.failure(f"set_tensor_address({name})")

    def run(self) -> None:
        """Add the graph to the stream."""
        if not self._context.execute_async_v3(self._plan.stream):
            raise self._plan.failure("execute_async_v3")


@functools.cache
def _messages(trt: Any) -> Any:  # noqa: ANN401
    """A logger for TensorRT that keeps a few errors; its class exists only once tensorrt does.

    One for all plans: TensorRT keeps the first that a process gives it and is silent towards any other.
    """

    class Messages(trt.ILogger):  # type: ignore[misc]
        """TensorRT's warnings and errors in our log."""

        def __init__(self) -> None:
            super().__init__()
            self._errors: deque[str] = deque(maxlen=_ERRORS)

        def reason(self) -> str:
            """The errors since the last call."""
            said = "; ".join(self._errors)
            self._errors.clear()
            return said or "TensorRT gave no reason"

        def log(self, severity: Any, message: str) -> None:  # noqa: ANN401
            """Called by TensorRT, from any of its threads."""
            if severity in {trt.ILogger.ERROR, trt.ILogger.INTERNAL_ERROR}:
                self._errors.append(message)
                _log.error("tensorrt", message=message)
            elif severity == trt.ILogger.WARNING:
                _log.warning("tensorrt", message=message)

    return Messages()
