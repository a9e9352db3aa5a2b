"""What must hold before tritonserver starts; each failure is one sentence."""

from __future__ import annotations

import importlib.metadata

from deploy.portprobe import probe
from deploy.triton import sharedmemory
from deploy.triton.problem import StartError
from deploy.triton.settings import LOOPBACK, Settings


def check_machine(settings: Settings) -> None:
    """numpy, ports and shared memory. Raises `StartError`."""
    require_numpy_1(importlib.metadata.version("numpy"))
    for flag, port in settings.ports.items():
        require_free(port, flag, LOOPBACK if flag == "--http-port" else settings.address)
    sharedmemory.require_room()


def require_numpy_1(version: str) -> None:
    """`StartError` for numpy 2, under which Triton's Python backend hands over empty tensors without an error."""
    if int(version.split(".", maxsplit=1)[0]) >= 2:
        raise StartError(
            f"numpy {version} is installed, with which Triton's Python models silently receive empty tensors: "
            "install numpy<2"
        )


def require_free(port: int, flag: str, address: str) -> None:
    """`StartError` if something listens on `port`."""
    try:
        probe(port, address)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartError(
            f"port {port} on {address} cannot be used ({reason}): stop what listens there, or give another {flag}"
        ) from error
