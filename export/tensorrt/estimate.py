"""What a plan will take at least, from its graph and profiles alone; how long it takes nobody knows before."""

from __future__ import annotations

from dataclasses import dataclass

from export.tensorrt.graph import GraphFile, Tensor
from export.tensorrt.plan import WantedPlan
from export.tensorrt.profile import Profile


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes, lower bounds: the plan's file, the GPU's memory to build it, inputs and outputs at the largest shapes."""

    disk: int
    build_memory: int
    bindings: int


def estimate(wanted: WantedPlan) -> Estimate:
    """The weights are in the plan once; to build, they lie on the GPU beside the workspace."""
    weights = wanted.graph.size
    largest = max(_bindings(wanted.graph, profile) for profile in wanted.profiles)
    return Estimate(weights, weights + wanted.options.workspace, largest)


def _bindings(graph: GraphFile, profile: Profile) -> int:
    """Bytes of inputs and outputs at a profile's largest shapes, but for outputs of a computed size.

    The cache is bound to both sides, past and present, and counts once.
    """
    sizes: dict[str, int] = {}
    for tensor in graph.inputs:
        if tensor.name in profile:
            pairs = zip(tensor.shape, profile[tensor.name].max, strict=True)
            sizes |= {axis: size for axis, size in pairs if isinstance(axis, str)}
    tensors: list[Tensor] = [*graph.inputs, *(one for one in graph.outputs if not one.name.startswith("present_"))]
    return sum(tensor.bytes_at(sizes) for tensor in tensors if set(tensor.axes) <= sizes.keys())
