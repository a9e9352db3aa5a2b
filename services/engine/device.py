"""What the TensorRT runtimes need of a GPU: memory, one stream of ordered work, and copies to and from it."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import DTypeLike

from services.engine.arrays import Array
from services.errors import InternalError

ALIGNMENT = 256
"""TensorRT's, in bytes, for the address of a tensor (IExecutionContext.set_tensor_address)."""


class DeviceError(InternalError):
    """The GPU, its driver or TensorRT refused something; the message names the call and the driver's own reason."""

    def __init__(self, call: str, problem: str) -> None:
        super().__init__(f"{call} failed: {problem}", reason="DEVICE_FAILED", call=call)


class Device(Protocol):
    """A GPU and its one stream: everything is done in the order it was asked for, and is done only after `wait`.

    Addresses are device memory, aligned to ALIGNMENT where `allocate` gave them. Arrays that are uploaded or
    downloaded came from `pinned`, are contiguous, and must not be touched before `wait`. Every method may raise
    `DeviceError`; a fault of earlier work shows at any later call.
    """

    def free_memory(self) -> int:
        """Bytes that could be allocated now."""

    def allocate(self, size: int) -> int:
        """The address of `size` bytes of zeros, which live as long as the device is open."""

    def pinned(self, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Zeros in host memory that the GPU reads and writes by itself."""

    def upload(self, target: int, source: Array) -> None:
        """Host to device."""

    def download(self, target: Array, source: int) -> None:
        """Device to host."""

    def copy(self, target: int, source: int, size: int) -> None:
        """`size` bytes from one place of the device to another that does not overlap."""

    def copy_rows(self, target: int, source: int, *, width: int, pitch: int, rows: int) -> None:
        """The first `width` bytes of each of `rows` rows, which lie `pitch` bytes apart on both sides."""

    def zero(self, target: int, size: int) -> None:
        """Overwrite `size` bytes with zeros."""

    def wait(self) -> None:
        """Return when all of it is done."""
