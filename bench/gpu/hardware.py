"""Which device was measured, and under which software."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError, version

import torch

from bench import machine


def describe_device(device: torch.device) -> str:
    """A GPU's name, memory, compute capability and CUDA version; the processor's name on a CPU."""
    if device.type != "cuda":
        return str(machine.describe()["processor"])
    found = torch.cuda.get_device_properties(device)
    capability = f"{found.major}.{found.minor}"
    return f"{found.name}, {found.total_memory / 2**30:.0f} GiB, compute {capability}, CUDA {torch.version.cuda}"


def describe_software(device: torch.device) -> dict[str, str]:
    """Versions of what runs the networks: torch as built, and on a GPU its driver, cuDNN and Triton's compiler."""
    if device.type != "cuda":
        return {"torch": torch.__version__}
    return {
        "torch": torch.__version__,
        "driver": _driver(),
        "cudnn": str(torch.backends.cudnn.version()),
        "triton": _version("triton"),
    }


def _driver() -> str:
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return result.stdout.split("\n")[0].strip()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
