"""The bindings to CUDA and TensorRT over modules of the same names: errors, threads, contexts."""

from __future__ import annotations

import importlib
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from services.engine.cuda_device import CudaDevice
from services.engine.device import DeviceError
from services.engine.tensorrt_plan import TensorrtPlan


class Cuda:
    """cuda.bindings.runtime as far as it is used: every function answers (error, *results)."""

    cudaStreamNonBlocking = 1  # noqa: N815
    cudaEventBlockingSync, cudaEventDisableTiming, cudaHostAllocDefault = 1, 2, 0  # noqa: N815
    cudaError_t = SimpleNamespace(cudaSuccess=0)  # noqa: N815
    cudaMemcpyKind = SimpleNamespace(  # noqa: N815
        cudaMemcpyHostToDevice=1, cudaMemcpyDeviceToHost=2, cudaMemcpyDeviceToDevice=3
    )

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], int]] = []
        self.broken = ""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("cuda"):
            raise AttributeError(name)
        results = {
            "cudaStreamCreateWithFlags": (11,),
            "cudaEventCreateWithFlags": (12,),
            "cudaMalloc": (4096,),
            "cudaGetDeviceProperties": (SimpleNamespace(name=b"NVIDIA L4", major=8, minor=9),),
            "cudaMemGetInfo": (3, 5),
            "cudaGetErrorString": (b"out of memory",),
            "cudaGetErrorName": (b"cudaErrorMemoryAllocation",),
        }

        def function(*arguments: Any) -> tuple[Any, ...]:
            self.calls.append((name, arguments, threading.get_ident()))
            return (2,) if name == self.broken else (0, *results.get(name, ()))

        function.__name__ = name
        return function


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Cuda:
    module = Cuda()
    monkeypatch.setitem(sys.modules, "cuda.bindings.runtime", module)
    return module


def test_an_error_code_is_an_error_with_the_drivers_words(cuda: Cuda) -> None:
    device = CudaDevice(1)
    cuda.broken = "cudaMalloc"
    with pytest.raises(DeviceError, match=r"^cudaMalloc failed: out of memory \(cudaErrorMemoryAllocation\)$"):
        device.allocate(7)


def test_every_thread_chooses_the_device_before_its_first_call(cuda: Cuda) -> None:
    device = CudaDevice(1)

    def wait_often() -> None:
        for _ in range(3):
            device.wait()

    thread = threading.Thread(target=wait_often)
    thread.start()
    thread.join()
    by_thread: dict[int, list[tuple[str, tuple[Any, ...]]]] = {}
    for name, arguments, ident in cuda.calls:
        by_thread.setdefault(ident, []).append((name, arguments))
    assert len(by_thread) == 2
    for calls in by_thread.values():
        assert calls[0] == ("cudaSetDevice", (1,))
        assert [name for name, _ in calls].count("cudaSetDevice") == 1


def test_waiting_sleeps_on_an_event_of_the_stream(cuda: Cuda) -> None:
    device = CudaDevice()
    device.wait()
    assert [call[:2] for call in cuda.calls[-2:]] == [
        ("cudaEventRecord", (12, 11)),
        ("cudaEventSynchronize", (12,)),
    ]


def test_memory_is_zeroed_and_given_back(cuda: Cuda) -> None:
    device = CudaDevice()
    assert device.free_memory() == 3
    assert device.allocate(100) == 4096
    assert cuda.calls[-1][:2] == ("cudaMemsetAsync", (4096, 0, 100, 11))
    device.close()
    assert ("cudaFree", (4096,)) in [call[:2] for call in cuda.calls]


def test_the_hardware_by_name_and_capability(cuda: Cuda) -> None:
    assert CudaDevice(1).hardware() == ("NVIDIA L4", "8.9")
    assert cuda.calls[-1][:2] == ("cudaGetDeviceProperties", (1,))


class Context:
    """An execution context that refuses what it is told to."""

    refuse = ""
    memory: tuple[int, int] | None = None

    def set_device_memory(self, place: int, size: int) -> None:
        self.memory = (place, size)

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.refuse != name


class Engine:
    """One tensor, two profiles."""

    num_io_tensors, num_optimization_profiles, device_memory_size_v2 = 1, 2, 700

    def get_tensor_name(self, number: int) -> str:
        return ("ids",)[number]

    def get_tensor_dtype(self, name: str) -> Any:
        return SimpleNamespace(name="INT64")

    def get_tensor_shape(self, name: str) -> tuple[int, int]:
        return (-1, -1)

    def get_tensor_mode(self, name: str) -> str:
        return "in"

    def get_tensor_profile_shape(self, name: str, profile: int) -> list[tuple[int, int]]:
        return [(1, 1), (1, 8), ((1, 16), (4, 1))[profile]]

    def create_execution_context(self, strategy: str) -> Context:
        assert strategy == "user managed"
        return Context()


@pytest.fixture
def trt(cuda: Cuda, monkeypatch: pytest.MonkeyPatch) -> Any:
    class Logger:
        ERROR, INTERNAL_ERROR, WARNING = "error", "internal", "warning"

    module: Any = ModuleType("tensorrt")
    module.ILogger, module.TensorIOMode, module.engine = Logger, SimpleNamespace(INPUT="in"), Engine()
    module.ExecutionContextAllocationStrategy = SimpleNamespace(USER_MANAGED="user managed")

    def runtime(logger: Any) -> Any:
        module.logger = logger
        return SimpleNamespace(
            deserialize_cuda_engine=lambda content: module.engine if content[:4] == b"plan" else None
        )

    module.Runtime = runtime
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    return module


def plan_file(folder: Path, content: bytes) -> Path:
    path = folder / "model.plan"
    path.write_bytes(content)
    return path


def test_a_plan_tells_its_tensors_and_profiles(trt: Any, tmp_path: Path) -> None:
    plan = TensorrtPlan(plan_file(tmp_path, b"plan of something"), CudaDevice())
    assert (plan.tensors["ids"].itemsize, plan.tensors["ids"].is_input) == (8, True)
    assert [found.high for found in plan.ranges("ids")] == [(1, 16), (4, 1)]


def test_all_contexts_of_a_plan_share_one_scratch_memory(cuda: Cuda, trt: Any, tmp_path: Path) -> None:
    """Many sizes are many profiles, so many contexts."""
    plan = TensorrtPlan(plan_file(tmp_path, b"plan"), CudaDevice())
    assert [call[1] for call in cuda.calls if call[0] == "cudaMalloc"] == [(700,)]
    first, second = plan.execution(0), plan.execution(1)
    assert first._context.memory == second._context.memory == (4096, 700)
    assert len([call for call in cuda.calls if call[0] == "cudaMalloc"]) == 1


def test_a_broken_plan_is_refused_in_tensorrts_words(trt: Any, tmp_path: Path) -> None:
    def refuse(content: Any) -> None:
        trt.logger.log("error", "magic tag does not match")

    runtime = trt.Runtime
    trt.Runtime = lambda logger: (runtime(logger), SimpleNamespace(deserialize_cuda_engine=refuse))[1]
    with pytest.raises(DeviceError, match=r"model\.plan: deserialize_cuda_engine failed: magic tag does not match"):
        TensorrtPlan(plan_file(tmp_path, b"nonsense"), CudaDevice())


@pytest.mark.parametrize("number", [1, 2])
def test_nvidias_own_bindings_refuse_every_broken_plan_with_a_reason(
    number: int, cuda: Cuda, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Those of TensorRT-RTX, which load without a GPU. They are silent towards every logger but a process's first."""
    monkeypatch.setitem(sys.modules, "tensorrt", importlib.import_module("tensorrt_rtx_bindings"))
    path = plan_file(tmp_path, bytes([number]) * 5000)
    with pytest.raises(DeviceError, match=r"model\.plan: deserialize_cuda_engine failed: .*incompatible serialization"):
        TensorrtPlan(path, CudaDevice())


@pytest.mark.parametrize(
    ("function", "act"),
    [
        ("set_input_shape", lambda execution: execution.shape("ids", (9, 9))),
        ("set_tensor_address", lambda execution: execution.bind("ids", 256)),
        ("execute_async_v3", lambda execution: execution.run()),
    ],
)
def test_what_a_context_refuses_is_an_error(trt: Any, tmp_path: Path, function: str, act: Any) -> None:
    execution = TensorrtPlan(plan_file(tmp_path, b"plan"), CudaDevice()).execution(1)
    act(execution)
    execution._context.refuse = function
    with pytest.raises(DeviceError, match=f"{function}.* failed: TensorRT gave no reason"):
        act(execution)
