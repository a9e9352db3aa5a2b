"""Every weight of a checkpoint read once, without building a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from export.checkpoints.checkpoint import Checkpoint
from export.checkpoints.part import Part
from export.checkpoints.problems import refuse

_STATUS = Path("/proc/self/status")


def survey(checkpoint: Checkpoint) -> Iterator[str]:
    """A line for each network, then the peak memory; `CheckpointError` at the end if a weight is NaN or infinite.

    One tensor at a time is in memory.
    """
    problems: list[str] = []
    for name, part in checkpoint.parts.items():
        yield f"{name}: {_read(part, problems)}"
        yield from (f"{name}: {note}" for note in part.notes)
    refuse(problems, checkpoint.preset.name)
    yield f"peak memory {peak_memory() / 2**20:.0f} MiB"


def peak_memory() -> int:
    """The largest resident set this process has had, in bytes."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _read(part: Part, problems: list[str]) -> str:
    weights = size = 0
    for name, lazy in part.tensors.items():
        tensor = lazy.read()
        weights, size = weights + tensor.numel(), size + tensor.nbytes
        if not tensor.isfinite().all():
            problems.append(f"{part.files[0]}: {name} holds a value that is not finite")
    files = "1 file" if len(part.files) == 1 else f"{len(part.files)} files"
    return f"{len(part.tensors)} tensors, {weights / 1e6:.2f} million weights, {size / 1e6:.1f} MB in {files}"
