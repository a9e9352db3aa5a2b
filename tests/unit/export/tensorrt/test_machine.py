"""What is found of a machine, and that nothing is found without a fault where there is nothing."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from export.tensorrt.machine import Gpu, LocalProbe, TensorRT


class NVMLError(Exception):
    """`pynvml.NVMLError`."""


def library(**changes: Any) -> Any:
    """`pynvml` over two GPUs."""
    names = [b"Tesla T4", "NVIDIA L4"]

    def handle(number: int) -> int:
        if number >= len(names):
            raise NVMLError("Invalid Argument")
        return number

    functions = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetHandleByIndex": handle,
        "nvmlDeviceGetMemoryInfo": lambda number: SimpleNamespace(total=16 << 30, free=15 << 30),
        "nvmlDeviceGetCudaComputeCapability": lambda number: ((7, 5), (8, 9))[number],
        "nvmlDeviceGetName": names.__getitem__,
        "nvmlSystemGetDriverVersion": lambda: b"580.65.06",
    }
    return SimpleNamespace(NVMLError=NVMLError, **(functions | changes))


def no_driver() -> None:
    raise NVMLError("Driver Not Loaded")


@pytest.mark.parametrize(("number", "name", "capability"), [(0, "Tesla T4", "7.5"), (1, "NVIDIA L4", "8.9")])
def test_a_gpu_is_described(monkeypatch: pytest.MonkeyPatch, number: int, name: str, capability: str) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library())
    assert LocalProbe(number).gpu() == Gpu(name, capability, 16 << 30, 15 << 30, "580.65.06")


@pytest.mark.parametrize(
    "module", [None, library(nvmlInit=no_driver), library(nvmlDeviceGetName=lambda _: no_driver())]
)
def test_no_library_no_driver_or_no_answer_is_no_gpu(monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert LocalProbe().gpu() is None


def test_a_gpu_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library())
    assert LocalProbe(2).gpu() is None


@pytest.mark.parametrize(
    ("installed", "found"),
    [
        ({"tensorrt-cu12": "10.16.1.11"}, TensorRT("10.16.1.11", 12)),
        ({"tensorrt-cu12": "10.16.1.11", "tensorrt-cu13": "11.0.0.1"}, TensorRT("11.0.0.1", 13)),
        ({}, None),
    ],
)
def test_tensorrt_is_known_by_its_wheel(
    monkeypatch: pytest.MonkeyPatch, installed: dict[str, str], found: TensorRT | None
) -> None:
    def version(name: str) -> str:
        if name not in installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert LocalProbe().tensorrt() == found


def test_the_disk_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert LocalProbe().free_disk(tmp_path / "not" / "there" / "yet") > 0
