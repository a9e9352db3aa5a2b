"""Everything that can be known to fail before a build begins, all of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from export.tensorrt.estimate import estimate
from export.tensorrt.machine import Gpu, Probe, TensorRT
from export.tensorrt.options import Hardware
from export.tensorrt.plan import Target, WantedPlan
from export.tensorrt.problem import PreflightError

OLDEST, TOO_NEW = (10, 16), (12,)
TURING, AMPERE, ADA = (7, 5), (8, 0), (8, 9)
# NVIDIA's prerequisites: the oldest Linux driver for the CUDA release that TensorRT is made for
DRIVERS = {12: 535, 13: 580}

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Machine:
    """What a build runs on, complete."""

    gpu: Gpu
    tensorrt: TensorRT

    @property
    def target(self) -> Target:
        """Whom its plans are for."""
        return Target(self.tensorrt.version, self.gpu.name, self.gpu.compute_capability)


def look(probe: Probe) -> Machine:
    """The machine; PreflightError if it has no GPU or no TensorRT, without which no plan can be compared."""
    gpu, tensorrt = probe.gpu(), probe.tensorrt()
    if gpu is None or tensorrt is None:
        problems = [] if gpu else ["no NVIDIA GPU was found: plans are built on the GPU they run on, with nvidia-ml-py"]
        problems += [] if tensorrt else ["TensorRT is not installed: install tensorrt 10.16 or 11"]
        raise PreflightError(problems)
    return Machine(gpu, tensorrt)


def check(machine: Machine, plans: Sequence[WantedPlan], probe: Probe, unwritten: Sequence[WantedPlan] = ()) -> None:
    """PreflightError with a sentence for each thing that would make the build of `plans` fail.

    The graphs of `unwritten` are to be written first.
    """
    problems = [
        *_tensorrt_problems(machine),
        *_capability_problems(machine.gpu, plans),
        *_memory_problems(machine.gpu, plans),
        *_disk_problems(plans, unwritten, probe),
    ]
    if problems:
        raise PreflightError(problems)


def _tensorrt_problems(machine: Machine) -> Iterator[str]:
    tensorrt, driver = machine.tensorrt, machine.gpu.driver
    if not OLDEST <= _numbers(tensorrt.version) < TOO_NEW:
        yield f"TensorRT {tensorrt.version} is neither 10.16 or later nor 11: install one of them"
    needed = DRIVERS.get(tensorrt.cuda)
    if needed is not None and _numbers(driver) < (needed,):
        yield f"the driver {driver} is older than {needed}, which TensorRT for CUDA {tensorrt.cuda} needs: update it"


def _capability_problems(gpu: Gpu, plans: Sequence[WantedPlan]) -> Iterator[str]:
    capability = _numbers(gpu.compute_capability)
    if capability < TURING:
        yield f"{gpu.name} has compute capability {gpu.compute_capability}: TensorRT needs 7.5 or later"
    for plan in plans:
        if capability < AMPERE and plan.graph.facts.precision == "bf16":
            yield f"{plan.engine}: bf16 needs compute capability 8.0, {gpu.name} has {gpu.compute_capability}: use fp16"
        if capability < ADA and plan.graph.facts.quantization == "fp8":
            yield f"{plan.engine}: fp8 needs compute capability 8.9, {gpu.name} has {gpu.compute_capability}: use int8"
    if capability < AMPERE and any(plan.options.hardware is Hardware.AMPERE_PLUS for plan in plans):
        yield f"ampere-plus needs compute capability 8.0, {gpu.name} has {gpu.compute_capability}: change --hardware"


def _memory_problems(gpu: Gpu, plans: Sequence[WantedPlan]) -> Iterator[str]:
    for plan in plans:
        needed = estimate(plan).build_memory
        if needed > gpu.free_memory:
            yield (
                f"{plan.engine}: weights and workspace take {needed / _GIB:.1f} GiB, {gpu.free_memory / _GIB:.1f} of "
                f"{gpu.name}'s {gpu.memory / _GIB:.1f} GiB are free: free some or lower --workspace-gib"
            )


def _disk_problems(plans: Sequence[WantedPlan], unwritten: Sequence[WantedPlan], probe: Probe) -> Iterator[str]:
    """Plans in one repository lie on one disk, graphs in one folder on one that may be the same."""
    sizes = {"plans": sum(estimate(plan).disk for plan in plans), "graphs": sum(plan.graph.size for plan in unwritten)}
    folders = {"plans": [plan.path.parent for plan in plans], "graphs": [plan.graph.path.parent for plan in unwritten]}
    places = {kind: found[0] for kind, found in folders.items() if found}
    if len({probe.disk(folder) for folder in places.values()}) < len(places):
        places, sizes = {"graphs and plans": places["plans"]}, {"graphs and plans": sum(sizes.values())}
    for kind, folder in places.items():
        needed, free = sizes[kind], probe.free_disk(folder)
        if needed > free:
            room = f"{needed / _GIB:.1f} GiB at least, {free / _GIB:.1f} GiB are free: make room"
            yield f"{folder}: the {kind} take {room}"


def _numbers(version: str) -> tuple[int, ...]:
    """10.16.1 as (10, 16, 1), so that versions compare."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))
