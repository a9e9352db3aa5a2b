"""A plan that is wanted, the manifest beside it, and whether what lies on disk is that plan already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from export.tensorrt.graph import GraphFile
from export.tensorrt.options import BuildOptions
from export.tensorrt.profile import Profile

SUFFIX = ".json"
FORMAT = 1

# known only once the plan is built
_BUILT = ("plan_sha256", "plan_bytes")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a plan is for: TensorRT's version, the GPU's name and compute capability."""

    tensorrt: str
    gpu: str
    compute_capability: str


@dataclass(frozen=True, slots=True)
class WantedPlan:
    """One plan: its graph, the shapes and options it is compiled with, and where it goes."""

    graph: GraphFile
    profiles: tuple[Profile, ...]
    options: BuildOptions
    path: Path

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self.graph.engine

    @property
    def manifest(self) -> Path:
        """Where the manifest goes: beside the plan."""
        return self.path.with_name(self.path.name + SUFFIX)

    def describe(self, target: Target) -> dict[str, Any]:
        """The manifest's content as far as it is known before the build."""
        facts, options = self.graph.facts, self.options
        return {
            "format": FORMAT,
            "engine": self.engine,
            "preset": facts.preset,
            "precision": facts.precision,
            "quantization": facts.quantization,
            "weights_sha256": facts.weights,
            "graph_sha256": self.graph.sha256,
            **asdict(target),
            "hardware": options.hardware.value,
            "version_compatible": options.version_compatible,
            "options": options.described(),
            "profiles": [{name: asdict(found) for name, found in profile.items()} for profile in self.profiles],
            "inputs": [asdict(tensor) for tensor in self.graph.inputs],
            "outputs": [asdict(tensor) for tensor in self.graph.outputs],
        }

    def is_built(self, target: Target) -> bool:
        """Whether a whole plan with exactly this manifest lies there."""
        found = _read(self.manifest)
        if found is None or not self.path.is_file():
            return False
        wanted = json.loads(json.dumps(self.describe(target)))  # tuples are lists in JSON
        same = all(found.get(name) == value for name, value in wanted.items())
        return same and found.keys() == wanted.keys() | set(_BUILT) and found["plan_bytes"] == self.path.stat().st_size


def write_plan(wanted: WantedPlan, target: Target, content: Any, digest: str) -> None:  # noqa: ANN401 - a buffer
    """Write the plan (a buffer, `digest` its SHA-256) and, last, its manifest; aside first, then renamed.

    In between there is no manifest, so that nobody loads a new plan by an old one's promises.
    """
    view = memoryview(content).cast("B")
    wanted.path.parent.mkdir(parents=True, exist_ok=True)
    aside = wanted.path.with_name(wanted.path.name + ".partial")
    aside.write_bytes(view)
    wanted.manifest.unlink(missing_ok=True)
    aside.replace(wanted.path)
    _write(wanted.manifest, wanted.describe(target) | {"plan_sha256": digest, "plan_bytes": view.nbytes})


def _write(path: Path, content: Mapping[str, Any]) -> None:
    aside = path.with_name(path.name + ".partial")
    aside.write_text(json.dumps(content, indent=1) + "\n")
    aside.replace(path)


def _read(path: Path) -> dict[str, Any] | None:
    """A manifest's content; None if there is none, or nothing that could be one."""
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None
