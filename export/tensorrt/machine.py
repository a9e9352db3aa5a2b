"""The machine that plans are built on: its GPU, driver, TensorRT and free disk."""

from __future__ import annotations

import importlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from export.disk import existing, free_disk


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU: memory in bytes, `driver` as "580.65.06", compute capability as "8.9"."""

    name: str
    compute_capability: str
    memory: int
    free_memory: int
    driver: str


@dataclass(frozen=True, slots=True)
class TensorRT:
    """The installed TensorRT: its version and the CUDA release it is made for."""

    version: str
    cuda: int


class Probe(Protocol):
    """Looks at a machine; each answer is None if there is nothing to be found."""

    def gpu(self) -> Gpu | None:
        """The GPU that plans are built on."""

    def tensorrt(self) -> TensorRT | None:
        """The installed TensorRT."""

    def free_disk(self, folder: Path) -> int:
        """Bytes free for files in `folder`, which need not exist yet."""

    def disk(self, folder: Path) -> int:
        """A number that folders on one file system have in common."""


class LocalProbe:
    """This machine, through NVIDIA's management library (nvidia-ml-py) and the packages' metadata.

    Written from the library's reference: it has not met a GPU yet.
    """

    def __init__(self, number: int = 0) -> None:
        self._number = number

    def gpu(self) -> Gpu | None:
        """GPU `number`; None without driver, library or such a GPU."""
        try:
            nvml: Any = importlib.import_module("pynvml")
        except ModuleNotFoundError:
            return None
        try:
            nvml.nvmlInit()
        except nvml.NVMLError:
            return None
        try:
            return _gpu(nvml, self._number)
        except nvml.NVMLError:
            return None
        finally:
            nvml.nvmlShutdown()

    def tensorrt(self) -> TensorRT | None:
        """From the wheel's name, tensorrt-cu12 or tensorrt-cu13: importing it would load the CUDA libraries."""
        for cuda in (13, 12):
            try:
                return TensorRT(importlib.metadata.version(f"tensorrt-cu{cuda}"), cuda)
            except importlib.metadata.PackageNotFoundError:
                continue
        return None

    def free_disk(self, folder: Path) -> int:
        """Of the file system that `folder` lies, or will lie, on."""
        return free_disk(folder)

    def disk(self, folder: Path) -> int:
        """The device of that file system."""
        return existing(folder).stat().st_dev


def _gpu(nvml: Any, number: int) -> Gpu:  # noqa: ANN401 - pynvml has no types
    handle = nvml.nvmlDeviceGetHandleByIndex(number)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
    name, driver = nvml.nvmlDeviceGetName(handle), nvml.nvmlSystemGetDriverVersion()
    return Gpu(_text(name), f"{major}.{minor}", int(memory.total), int(memory.free), _text(driver))


def _text(value: str | bytes) -> str:
    """Older versions of the library answer in bytes."""
    return value.decode() if isinstance(value, bytes) else value
