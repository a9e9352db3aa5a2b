"""A stage's progress on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

State = dict[str, Any]


def save_checkpoint(path: Path, state: State) -> None:
    """Write `state` so that a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial")
    torch.save(state, unfinished)
    unfinished.replace(path)


def load_checkpoint(path: Path) -> State | None:
    """What `save_checkpoint` wrote, on the CPU, or None where nothing is."""
    if not path.exists():
        return None
    state: State = torch.load(path, map_location="cpu", weights_only=True)
    return state
