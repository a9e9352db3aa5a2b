"""A GPU through cuda-python, imported when one is opened.

Every name here was looked up in `cuda.bindings.runtime` 13.5; it has not run on a GPU yet. Everything above it runs in
the tests over a device of the same protocol.
"""

from __future__ import annotations

import ctypes
import importlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from services.engine.arrays import Array, address
from services.engine.device import DeviceError


class CudaDevice:
    """Device `index`, with a stream of its own.

    `wait` sleeps on an event: a step thread that spins would take its core from the threads that send events.
    """

    def __init__(self, index: int = 0) -> None:
        self._cuda: Any = importlib.import_module("cuda.bindings.runtime")
        self._index = index
        self._threads = threading.local()
        self._memory: list[int] = []
        self._host: list[int] = []
        cuda = self._cuda
        self._kinds = cuda.cudaMemcpyKind
        self._stream = self._call(cuda.cudaStreamCreateWithFlags, cuda.cudaStreamNonBlocking)
        flags = cuda.cudaEventBlockingSync | cuda.cudaEventDisableTiming
        self._done = self._call(cuda.cudaEventCreateWithFlags, flags)

    @property
    def stream(self) -> int:
        """The handle for others that add work."""
        return int(self._stream)

    def hardware(self) -> tuple[str, str]:
        """The GPU's name and its compute capability, such as "8.9"."""
        found = self._call(self._cuda.cudaGetDeviceProperties, self._index)
        return found.name.decode(), f"{found.major}.{found.minor}"

    def free_memory(self) -> int:
        """Bytes that could be allocated now."""
        free, _total = self._call(self._cuda.cudaMemGetInfo)
        return int(free)

    def allocate(self, size: int) -> int:
        """Zeros on the device."""
        place = int(self._call(self._cuda.cudaMalloc, size))
        self._memory.append(place)
        self.zero(place, size)
        return place

    def pinned(self, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Zeros in page-locked host memory."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        place = int(self._call(self._cuda.cudaHostAlloc, max(size, 1), self._cuda.cudaHostAllocDefault))
        self._host.append(place)
        ctypes.memset(place, 0, size)
        memory = memoryview((ctypes.c_byte * size).from_address(place))
        array: Array = np.frombuffer(memory, dtype).reshape(shape)
        return array

    def upload(self, target: int, source: Array) -> None:
        """Host to device."""
        self._copy(target, address(source), source.nbytes, self._kinds.cudaMemcpyHostToDevice)

    def download(self, target: Array, source: int) -> None:
        """Device to host."""
        self._copy(address(target), source, target.nbytes, self._kinds.cudaMemcpyDeviceToHost)

    def copy(self, target: int, source: int, size: int) -> None:
        """Device to device."""
        self._copy(target, source, size, self._kinds.cudaMemcpyDeviceToDevice)

    def copy_rows(self, target: int, source: int, *, width: int, pitch: int, rows: int) -> None:
        """The start of each row, device to device."""
        kind = self._kinds.cudaMemcpyDeviceToDevice
        self._call(self._cuda.cudaMemcpy2DAsync, target, pitch, source, pitch, width, rows, kind, self._stream)

    def zero(self, target: int, size: int) -> None:
        """Zeros over what is there."""
        self._call(self._cuda.cudaMemsetAsync, target, 0, size, self._stream)

    def wait(self) -> None:
        """Sleep until all work is done."""
        self._call(self._cuda.cudaEventRecord, self._done, self._stream)
        self._call(self._cuda.cudaEventSynchronize, self._done)

    def close(self) -> None:
        """Give all memory back; nothing of this device may be used afterwards."""
        self.wait()
        for place in self._memory:
            self._call(self._cuda.cudaFree, place)
        for place in self._host:
            self._call(self._cuda.cudaFreeHost, place)
        self._memory.clear()
        self._host.clear()
        self._call(self._cuda.cudaEventDestroy, self._done)
        self._call(self._cuda.cudaStreamDestroy, self._stream)

    def _copy(self, target: int, source: int, size: int, kind: object) -> None:
        self._call(self._cuda.cudaMemcpyAsync, target, source, size, kind, self._stream)

    def _call(self, function: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
        """`function`'s results without its error code; `DeviceError` for any other code than success."""
        if not getattr(self._threads, "chosen", False):
            # CUDA's current device belongs to a thread: the one that opens a model is not the one that steps it.
            self._checked("cudaSetDevice", self._cuda.cudaSetDevice(self._index))
            self._threads.chosen = True
        return self._checked(function.__name__, function(*arguments))

    def _checked(self, name: str, answer: tuple[Any, ...]) -> Any:  # noqa: ANN401
        error, *results = answer
        if error != self._cuda.cudaError_t.cudaSuccess:
            _, text = self._cuda.cudaGetErrorString(error)
            _, code = self._cuda.cudaGetErrorName(error)
            raise DeviceError(name, f"{text.decode()} ({code.decode()})")
        return results[0] if len(results) == 1 else results
