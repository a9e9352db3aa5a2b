"""Where the parts of tritonserver lie in this environment."""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from deploy.triton.problem import StartError

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Wheel:
    """The wheel nvidia-pytriton as installed into `packages`."""

    packages: Path

    @property
    def root(self) -> Path:
        """What would be /opt/tritonserver in NVIDIA's image."""
        return self.packages / "pytriton" / "tritonserver"

    @property
    def server(self) -> Path:
        """The program."""
        return self.root / "bin" / "tritonserver"

    @property
    def libraries(self) -> Path:
        """The shared libraries it was linked with."""
        return self.packages / "nvidia_pytriton.libs"

    @property
    def backend(self) -> Path:
        """The files of the Python backend."""
        return self.root / "backends" / "python"

    @property
    def stub(self) -> Path:
        """The process that runs a model in this Python."""
        return self.root / "python_backend_stubs" / PYTHON / "triton_python_backend_stub"


def find_wheel(packages: Path | None = None) -> Wheel:
    """The wheel in this environment, or a `StartError`."""
    wheel = Wheel(packages or Path(sysconfig.get_path("purelib")))
    for part in (wheel.server, wheel.backend, wheel.stub):
        if not part.exists():
            raise StartError(f"{part} does not exist: install nvidia-pytriton (`make setup`)")
    return wheel


def find_libpython() -> Path | None:
    """The folder of this interpreter's libpython; None where the loader finds one by itself; else `StartError`."""
    name = f"libpython{PYTHON}.so.1.0"
    folder = Path(sysconfig.get_config_var("LIBDIR") or sys.base_prefix)
    # The interpreter's own comes first: another build's standard library may not fit.
    if (folder / name).exists():
        return folder
    try:
        ctypes.CDLL(name)
    except OSError as error:
        raise StartError(
            f"{name} is neither in {folder} nor known to the loader: install libpython{PYTHON}, "
            "or use a Python built with --enable-shared"
        ) from error
    return None
