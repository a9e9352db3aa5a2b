"""TensorRT-RTX's ahead-of-time builder behind the `Compiler` protocol: the same calls, on a machine without a GPU.

It is not the TensorRT that makes plans: it reads ONNX by the same rules and fuses into kernels of its own, for GPUs of
its own list. What it builds is thrown away.
"""

from __future__ import annotations

import importlib
from typing import Any

from export.tensorrt.compiler import TensorRTCompiler
from export.tensorrt.problem import PlanBuildError
from export.tensorrt.toolkit import BuildRequest

_PREFIX = "SM"


def open_rehearsal(capability: str) -> RehearsalCompiler:
    """The builder for GPUs of `capability`, such as "8.9"; PlanBuildError if it is missing or does not know them."""
    try:
        trt = importlib.import_module("tensorrt_rtx_bindings")
    except ImportError as error:
        install = "install tensorrt-rtx-cu13-bindings and tensorrt-rtx-cu13-libs"
        raise PlanBuildError(f"TensorRT-RTX cannot be imported ({error}): {install}") from error
    return RehearsalCompiler(trt, capability)


class RehearsalCompiler(TensorRTCompiler):
    """`trt` is TensorRT-RTX's module."""

    def __init__(self, trt: Any, capability: str) -> None:  # noqa: ANN401 - it has no types
        super().__init__(trt)
        self.version = str(trt.__version__)
        self._capability = _member(trt.ComputeCapability, capability)

    def _configure(self, config: Any, request: BuildRequest) -> None:  # noqa: ANN401
        super()._configure(config, request)
        config.num_compute_capabilities = 1
        config.set_compute_capability(self._capability, 0)


def _member(capabilities: Any, wanted: str) -> Any:  # noqa: ANN401
    """The enumeration's SM89 for "8.9"."""
    name = _PREFIX + wanted.replace(".", "")
    known = [found for found in capabilities.__members__ if found.startswith(_PREFIX)]
    if name not in known:
        names = ", ".join(f"{found[len(_PREFIX) : -1]}.{found[-1]}" for found in known)
        raise PlanBuildError(f"compute capability {wanted!r} is none of TensorRT-RTX's: {names}")
    return getattr(capabilities, name)
