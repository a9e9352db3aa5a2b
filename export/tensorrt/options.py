"""What an operator may choose for a plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Hardware(StrEnum):
    """The GPUs that a plan runs on: the wider, the fewer kernels TensorRT has to choose from."""

    SAME_GPU = "same-gpu"
    SAME_COMPUTE_CAPABILITY = "same-compute-capability"
    AMPERE_PLUS = "ampere-plus"


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """`workspace_gib` is the most scratch memory a kernel may ask for, `level` TensorRT's optimisation level (0 to 5).

    A version-compatible plan runs on later TensorRT versions too, more slowly, and carries a runtime of its own.
    """

    workspace_gib: float = 8.0
    hardware: Hardware = Hardware.SAME_GPU
    version_compatible: bool = False
    level: int = 3

    def __post_init__(self) -> None:
        if not self.workspace_gib > 0:
            raise ValueError(f"workspace_gib {self.workspace_gib} is not above 0")
        if not 0 <= self.level <= 5:
            raise ValueError(f"level {self.level} is not 0 to 5")

    @property
    def workspace(self) -> int:
        """Bytes."""
        return int(self.workspace_gib * 2**30)

    def described(self) -> dict[str, str]:
        """What changes a plan and is not a field of its manifest."""
        names = asdict(self)
        return {name: str(names[name]) for name in ("workspace_gib", "level")}
