"""Graphs, a machine and a compiler without TensorRT, a GPU or gigabytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from export import presets
from export.onnx.facts import Facts
from export.tensorrt.graph import GraphFile, Tensor
from export.tensorrt.machine import Gpu, TensorRT
from export.tensorrt.options import BuildOptions
from export.tensorrt.plan import Target, WantedPlan
from export.tensorrt.problem import PlanBuildError
from export.tensorrt.profile import profiles
from export.tensorrt.toolkit import BuildRequest, Built, Progress

PRESET = presets.load("wegen-7b")
GIB = 2**30
L4 = Gpu("NVIDIA L4", "8.9", 23 * GIB, 22 * GIB, "580.65.06")
TRT = TensorRT("10.16.1.11", 13)
TARGET = Target(TRT.version, L4.name, L4.compute_capability)

LATENTS = Tensor("latents", "float32", ("batch", 4, 128, 128))
OPEN_LATENTS = Tensor("latents", "float32", ("batch", 4, "height", "width"))
CACHE = ("batch", 32, 2048, 128)
LANGUAGE = (
    Tensor("ids", "int64", ("batch", "tokens")),
    Tensor("past_length", "int64", ("batch",)),
    Tensor("past_key_0", "float16", CACHE),
)


def graph(
    engine: str = "vae_decoder",
    inputs: Sequence[Tensor] = (LATENTS,),
    outputs: Sequence[Tensor] = (),
    *,
    precision: str = "fp16",
    quantization: str = "",
    size: int = GIB,
    path: Path = Path("graphs/model.onnx"),
) -> GraphFile:
    facts = Facts("wegen-7b", precision, "ab" * 32, quantization)
    return GraphFile(engine, path, "cd" * 32, size, facts, tuple(inputs), tuple(outputs))


def plan(folder: Path, found: GraphFile | None = None, options: BuildOptions | None = None) -> WantedPlan:
    found = found or graph()
    path = folder / found.engine / "1" / "model.plan"
    return WantedPlan(found, profiles(found, PRESET), options or BuildOptions(), path)


class FakeProbe:
    """A machine as told."""

    def __init__(self, gpu: Gpu | None = L4, tensorrt: TensorRT | None = TRT, disk: int = 100 * GIB) -> None:
        self._gpu, self._tensorrt, self._disk = gpu, tensorrt, disk

    def gpu(self) -> Gpu | None:
        return self._gpu

    def tensorrt(self) -> TensorRT | None:
        return self._tensorrt

    def free_disk(self, folder: Path) -> int:
        return self._disk

    def disk(self, folder: Path) -> int:
        return 0


class FakeCompiler:
    """Remembers what it was asked for; fails for the graphs it was told to."""

    def __init__(self, fails: Sequence[str] = ()) -> None:
        self.fails = set(fails)
        self.requests: list[BuildRequest] = []

    def build(self, request: BuildRequest, progress: Progress) -> Built:
        self.requests.append(request)
        progress.start("Building", None, 1)
        progress.step("Building", 0)
        progress.finish("Building")
        if request.graph.stem in self.fails:
            raise PlanBuildError(f"{request.graph.name}: no")
        return Built(b"plan of " + request.graph.name.encode(), request.timings + b"+")


class Silence:
    """A progress nobody sees."""

    def start(self, phase: str, parent: str | None, steps: int) -> None: ...

    def step(self, phase: str, number: int) -> bool:
        return True

    def finish(self, phase: str) -> None: ...


def short_of(gpu: Gpu, **changes: Any) -> Gpu:
    return replace(gpu, **changes)
