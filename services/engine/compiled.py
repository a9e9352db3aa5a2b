"""What the runtimes need of a compiled graph: its tensors, the shapes it takes, and contexts to run it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.settings import SettingsError

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """An input or output: -1 where its shape is dynamic, bytes of an element."""

    shape: Shape
    itemsize: int
    is_input: bool


@dataclass(frozen=True, slots=True)
class ShapeRange:
    """The shapes that one optimisation profile takes for one input."""

    low: Shape
    high: Shape

    def takes(self, *leading: int) -> bool:
        """Whether a shape that begins with `leading` lies within."""
        return all(low <= size <= high for size, low, high in zip(leading, self.low, self.high, strict=False))


class Execution(Protocol):
    """A context of one profile. What is bound stays bound; `run` adds the graph to the device's stream."""

    def shape(self, name: str, shape: Shape) -> None:
        """The shape of an input from now on."""

    def bind(self, name: str, place: int) -> None:
        """Where an input is read or an output written from now on: an aligned address of the device."""

    def run(self) -> None:
        """Run once, after all work asked for before. Inputs and outputs belong to the GPU until the device's `wait`."""


class Compiled(Protocol):
    """A compiled graph, its weights on the device once."""

    @property
    def name(self) -> str:
        """The file, for messages."""

    @property
    def tensors(self) -> Mapping[str, TensorInfo]:
        """Inputs and outputs by name."""

    def ranges(self, name: str) -> Sequence[ShapeRange]:
        """What each profile takes for the input `name`."""

    def execution(self, profile: int) -> Execution:
        """A new context of a profile."""


def check_tensor(compiled: Compiled, name: str, wanted: Shape, itemsize: int | None = None) -> TensorInfo:
    """The tensor `name`, which can have the shape `wanted` (-1: any size), of elements of `itemsize` bytes.

    SettingsError if it is missing or cannot.
    """
    found = compiled.tensors.get(name)
    if found is None:
        raise SettingsError(f"{compiled.name}: it has no tensor {name!r}: build the plan from this project's graph")
    fits = len(found.shape) == len(wanted) and all(
        -1 in {want, have} or want == have for have, want in zip(found.shape, wanted, strict=True)
    )
    if not fits:
        raise SettingsError(f"{compiled.name}: {name} is {list(found.shape)}, the manifest wants {list(wanted)}")
    if itemsize is not None and found.itemsize != itemsize:
        raise SettingsError(f"{compiled.name}: {name} has {found.itemsize} bytes an element instead of {itemsize}")
    return found
