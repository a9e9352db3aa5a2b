"""A tritonserver that is installed whole, as NVIDIA's image has it, with our own backends laid beside its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.triton.problem import StartError


@dataclass(frozen=True, slots=True)
class Installed:
    """/opt/tritonserver in NVIDIA's image."""

    root: Path

    @property
    def server(self) -> Path:
        """The program."""
        return self.root / "bin" / "tritonserver"

    @property
    def backends(self) -> Path:
        """Every backend: the image's build has copied ours there, nothing is written at start."""
        return self.root / "backends"


def find_installed(root: Path) -> Installed:
    """The server below `root`, or a `StartError`."""
    installed = Installed(root)
    for part in (installed.server, installed.backends / "python"):
        if not part.exists():
            raise StartError(f"{part} does not exist: --server is the folder of an installed tritonserver")
    return installed
