"""A GPU in host memory: work is done when it is asked for, or as late as the protocol allows, at `wait`."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from services.engine.arrays import Array, address
from services.engine.device import ALIGNMENT, DeviceError


class FakeDevice:
    """Checks that every place lies within what was allocated, and that host arrays are pinned ones."""

    def __init__(self, *, lazy: bool, memory: int = 2**30) -> None:
        self.lazy = lazy
        self.memory = memory
        self.fail_next: str = ""
        self.sent: list[int] = []
        self._device: list[NDArray[np.uint8]] = []
        self._host: list[tuple[int, int]] = []
        self._work: list[Callable[[], None]] = []

    def free_memory(self) -> int:
        return self.memory - sum(block.nbytes for block in self._device)

    def allocate(self, size: int) -> int:
        block = np.zeros(size + ALIGNMENT, np.uint8)
        start = -address(block) % ALIGNMENT
        self._device.append(block[start : start + size])
        return address(self._device[-1])

    def pinned(self, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        array = np.zeros(shape, dtype)
        self._host.append((address(array), array.nbytes))
        return array

    def upload(self, target: int, source: Array) -> None:
        self.sent.append(source.nbytes)
        self._move(self.within(target, source.nbytes), self._pinned(source), source.nbytes)

    def download(self, target: Array, source: int) -> None:
        self._move(self._pinned(target), self.within(source, target.nbytes), target.nbytes)

    def copy(self, target: int, source: int, size: int) -> None:
        self._move(self.within(target, size), self.within(source, size), size)

    def copy_rows(self, target: int, source: int, *, width: int, pitch: int, rows: int) -> None:
        assert 0 < width <= pitch
        for row in range(rows):
            self.copy(target + row * pitch, source + row * pitch, width)

    def zero(self, target: int, size: int) -> None:
        self.within(target, size)
        self.ask(lambda: ctypes.memset(target, 0, size))

    def wait(self) -> None:
        work, self._work = self._work, []
        for act in work:
            act()

    def ask(self, act: Callable[[], Any]) -> None:
        """Add work to the stream."""
        if self.fail_next:
            name, self.fail_next = self.fail_next, ""
            raise DeviceError(name, "an illegal memory access was encountered (cudaErrorIllegalAddress)")
        if self.lazy:
            self._work.append(act)
        else:
            act()

    def within(self, place: int, size: int) -> int:
        """`place`, if `size` bytes from there on belong to one allocation."""
        for block in self._device:
            if address(block) <= place and place + size <= address(block) + block.nbytes:
                return place
        raise AssertionError(f"{size} bytes at {place:#x} were not allocated")

    def view(self, place: int, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """The device's memory as an array."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        memory = memoryview((ctypes.c_byte * size).from_address(self.within(place, size)))
        array: Array = np.frombuffer(memory, dtype).reshape(shape)
        return array

    def _pinned(self, array: Array) -> int:
        place = address(array)
        assert any(low <= place and place + array.nbytes <= low + size for low, size in self._host)
        return place

    def _move(self, target: int, source: int, size: int) -> None:
        self.ask(lambda: ctypes.memmove(target, source, size))
