"""Which device was measured."""

from __future__ import annotations

import torch

from bench import machine


def describe_device(device: torch.device) -> str:
    """A GPU's name, memory, compute capability and CUDA version; the processor's name on a CPU."""
    if device.type != "cuda":
        return str(machine.describe()["processor"])
    found = torch.cuda.get_device_properties(device)
    capability = f"{found.major}.{found.minor}"
    return f"{found.name}, {found.total_memory / 2**30:.0f} GiB, compute {capability}, CUDA {torch.version.cuda}"
