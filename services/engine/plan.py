"""The manifest beside a TensorRT plan, and whether this machine may load the plan.

`python -m export.tensorrt` writes it. A plan holds machine code for one kind of GPU and one TensorRT: loaded elsewhere
it fails late, with TensorRT's own words, or runs slowly. The manifest says so before anything is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from services.manifest import Formatted, Frozen, ManifestError, TensorSpec, file_sha256

SUFFIX = ".json"
FORMAT = 1
AMPERE = (8, 0)
REMEDY = "build it here with `python -m export.tensorrt`"

Version = tuple[int, ...]


class PlanError(ManifestError):
    """A plan's manifest is missing or wrong, or the plan was made for another machine."""


class Hardware(StrEnum):
    """The GPUs that a plan was built for."""

    SAME_GPU = "same-gpu"
    SAME_COMPUTE_CAPABILITY = "same-compute-capability"
    AMPERE_PLUS = "ampere-plus"


@dataclass(frozen=True, slots=True)
class Host:
    """What loads a plan: TensorRT's version ("10.16.1.11"), the GPU's name and compute capability ("8.9")."""

    tensorrt: str
    gpu: str
    compute_capability: str


class ShapeSpec(Frozen):
    """The shapes that a profile takes for one input."""

    min: tuple[int, ...]
    opt: tuple[int, ...]
    max: tuple[int, ...]


class PlanManifest(Formatted):
    """What a plan is made of, and for whom; hashes are SHA-256.

    A version-compatible plan runs on later versions too and carries a runtime: TensorRT loads it only with
    `Runtime.engine_host_code_allowed`.
    """

    engine: str
    preset: str
    precision: str
    quantization: str = ""
    weights_sha256: str
    graph_sha256: str
    plan_sha256: str
    plan_bytes: int
    tensorrt: str
    gpu: str
    compute_capability: str
    hardware: Hardware
    version_compatible: bool
    options: dict[str, str]
    profiles: tuple[dict[str, ShapeSpec], ...]
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    @classmethod
    def load(cls, plan: Path) -> PlanManifest:
        """The manifest of `plan` (model.plan's is model.plan.json); PlanError says in one sentence what is wrong."""
        path = plan.with_name(plan.name + SUFFIX)
        if not path.is_file():
            raise PlanError(f"{path} does not exist, so {plan.name} may be for any machine: {REMEDY}")
        return cls.read(path, wanted=FORMAT, remedy=REMEDY, error=PlanError)

    def check(self, host: Host) -> None:
        """PlanError if `host` has another TensorRT or another GPU than the plan was built for."""
        if not self._version_fits(host.tensorrt):
            later = " or later" if self.version_compatible else ""
            raise PlanError(
                f"{self.engine}: its plan needs TensorRT {self.tensorrt}{later}, "
                f"this machine has {host.tensorrt}: {REMEDY}"
            )
        if not self._hardware_fits(host):
            raise PlanError(
                f"{self.engine}: its plan was built on {self._described()}, this machine has "
                f"{host.gpu} (compute capability {host.compute_capability}): {REMEDY}"
            )

    def check_content(self, plan: Path) -> None:
        """PlanError if `plan` is not the file that was built; reads all of it."""
        if file_sha256(plan) != self.plan_sha256:
            raise PlanError(f"{plan} is not the plan that was built (its SHA-256 differs): {REMEDY}")

    def _version_fits(self, found: str) -> bool:
        mine, theirs = numbers(self.tensorrt), numbers(found)
        return theirs >= mine if self.version_compatible else theirs == mine

    def _hardware_fits(self, host: Host) -> bool:
        if self.hardware is Hardware.AMPERE_PLUS:
            return numbers(host.compute_capability) >= AMPERE
        same = host.compute_capability == self.compute_capability
        return same and (self.hardware is not Hardware.SAME_GPU or host.gpu == self.gpu)

    def _described(self) -> str:
        if self.hardware is Hardware.AMPERE_PLUS:
            return f"{self.gpu} for GPUs of compute capability 8.0 or later"
        only = " for this GPU only" if self.hardware is Hardware.SAME_GPU else " for this capability only"
        return f"{self.gpu} (compute capability {self.compute_capability}){only}"


def open_plan(plan: Path, host: Host) -> PlanManifest:
    """The manifest of a whole plan that `host` may load; PlanError otherwise. The plan itself is not read."""
    if not plan.is_file():
        raise PlanError(f"{plan} does not exist: {REMEDY}")
    manifest = PlanManifest.load(plan)
    size = plan.stat().st_size
    if size != manifest.plan_bytes:
        raise PlanError(f"{plan} has {size} bytes instead of {manifest.plan_bytes}: copy it again or {REMEDY}")
    manifest.check(host)
    return manifest


def numbers(version: str) -> Version:
    """Up to four parts as numbers, so that versions compare; what is no number counts as 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:4])
