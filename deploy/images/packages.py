"""The packages that an image adds to its base: installed into a folder as its Dockerfile does, and weighed.

But for TensorRT's, which its Dockerfiles add in a step of their own: they come from NVIDIA or lie in the base.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


class PackagesError(RuntimeError):
    """A set cannot be installed, or a service does not start from it; the message ends with the last words said."""


@dataclass(frozen=True, slots=True)
class PackageSet:
    """An image's packages, by the name of its list here, and the modules that must start from nothing else.

    `python` is the version of the base's Python, as "3.11".
    """

    name: str
    modules: tuple[str, ...]
    python: str = "3.11"

    @property
    def requirements(self) -> Path:
        """The list of packages."""
        return FOLDER / f"{self.name}.txt"


SETS = {
    each.name: each
    for each in (
        PackageSet(
            "gateway",
            (
                "services.gateway.__main__",
                "services.models.__main__",
                "deploy.healthprobe",
                "grpc_health.v1.health_pb2_grpc",
            ),
        ),
        PackageSet("worker", ("services.worker.__main__", "deploy.healthprobe")),
        PackageSet(
            "triton",
            (
                "deploy.triton.__main__",
                "deploy.healthprobe",
                "services.engine.models",
                "services.engine.triton_model",
                "services.engine.generation_wire",
                "services.engine.denoising_wire",
                "services.engine.onnx_language",
                "services.engine.onnx_denoiser",
                "services.engine.tensorrt_language",
                "services.engine.tensorrt_denoiser",
                "services.engine.cuda_device",
                "cuda.bindings.runtime",
                "PIL.Image",
                "onnxruntime",
            ),
            python="3.12",
        ),
        PackageSet("export", ("export.command", "export.tensorrt.command")),
    )
}


def install(packages: PackageSet, python: Path, folder: Path) -> None:
    """Put the set into `folder` by `python`'s pip, at the pinned versions; PackagesError says why not."""
    pins = [argument for name in ("constraints.txt", "constraints-gpu.txt") for argument in ("-c", str(ROOT / name))]
    options = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:", f"--target={folder}"]
    _run([str(python), "-m", "pip", "install", *options, *pins, "-r", str(packages.requirements)], os.environ)


def start(packages: PackageSet, python: Path, folder: Path) -> None:
    """Import the set's modules in a `python` that sees this project and `folder` only; PackagesError if one cannot."""
    with tempfile.TemporaryDirectory() as elsewhere:
        environment = {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "HOME": elsewhere, "PATH": os.defpath}
        code = f"import importlib\nfor name in {packages.modules}: importlib.import_module(name)"
        _run([str(python), "-S", "-B", "-c", code], environment)


def weigh(folder: Path) -> dict[str, int]:
    """Bytes on disk of every entry of `folder`, largest first."""
    sizes = {entry.name: _bytes(entry) for entry in folder.iterdir()}
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _run(command: Sequence[str], environment: os._Environ[str] | dict[str, str]) -> None:
    result = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise PackagesError(said[-1] if said else f"{command[0]} ended with status {result.returncode}")
