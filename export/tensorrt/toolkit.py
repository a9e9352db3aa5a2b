"""What a build needs of TensorRT, as one small protocol; `compiler.py` is TensorRT itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from export.tensorrt.options import BuildOptions
from export.tensorrt.profile import Profile


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One graph to compile; `timings` is what earlier builds measured, empty if there were none."""

    graph: Path
    profiles: Sequence[Profile]
    options: BuildOptions
    timings: bytes


@dataclass(frozen=True, slots=True)
class Built:
    """A plan (a buffer of bytes) and the measurements, those of earlier builds included."""

    plan: Any
    timings: bytes


class Progress(Protocol):
    """Hears how a build gets on, from any of the compiler's threads."""

    def start(self, phase: str, parent: str | None, steps: int) -> None:
        """A phase of `steps` steps begins, within `parent` if there is one."""

    def step(self, phase: str, number: int) -> bool:
        """Step `number` of a phase is done; False asks for the build's end."""

    def finish(self, phase: str) -> None:
        """A phase ends."""


class Compiler(Protocol):
    """Turns a graph into a plan for this machine."""

    def build(self, request: BuildRequest, progress: Progress) -> Built:
        """Compile; PlanBuildError says in one sentence why not."""
