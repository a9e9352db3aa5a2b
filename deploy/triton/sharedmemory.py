"""Regions of shared memory between Triton and its Python processes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from deploy.triton.problem import StartError

FOLDER = Path("/dev/shm")  # noqa: S108 - the place Linux gives to shared memory
# Each backend names its regions after itself: python, onnxrt_py.
PATTERN = "triton_*_backend_shm_region_*"
# Measured: a Python model takes 1 MiB and grows by what its largest batch needs.
NEEDED_BYTES = 128 * 1024 * 1024


def sweep(folder: Path = FOLDER, processes: Path = Path("/proc")) -> list[Path]:
    """Remove the regions a killed Triton left, those no living process maps; returns what was removed.

    Only this user's: another's can be neither removed nor known to be in use.
    """
    regions = [region for region in folder.glob(PATTERN) if _owner(region) == os.geteuid()]
    mapped = _mapped(processes) if regions else set()
    orphans = [region for region in regions if str(region) not in mapped]
    for orphan in orphans:
        orphan.unlink(missing_ok=True)
    return orphans


def require_room(folder: Path = FOLDER, needed: int = NEEDED_BYTES) -> None:
    """`StartError` where `needed` bytes are not free: a full /dev/shm kills models with a bus error."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StartError(
            f"{folder} has {free >> 20} MiB free, Triton's Python models need {needed >> 20}: "
            "make it larger (Docker: --shm-size=1g)"
        )


def _owner(region: Path) -> int | None:
    try:
        return region.stat().st_uid
    except FileNotFoundError:  # its server has ended meanwhile
        return None


def _mapped(processes: Path) -> set[str]:
    found: set[str] = set()
    for maps in processes.glob("[0-9]*/maps"):
        try:
            text = maps.read_text()
        except OSError:
            continue  # it has ended meanwhile, or is another user's, who does not map ours
        found.update(line.split()[5] for line in text.splitlines() if "_backend_shm_region_" in line)
    return found
