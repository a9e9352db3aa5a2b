"""The backend directory: Triton's Python backend with this Python's stub, and our own backends beside it.

Copies, not links: Triton refuses a backend whose files lie elsewhere ("escapes backend directory").
"""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path

from deploy.triton.wheel import Wheel

OWN = Path(__file__).parent / "backends"


def assemble(wheel: Wheel, folder: Path) -> Path:
    """Make `folder` or bring it up to date; returns it. A server that runs from it is not disturbed."""
    files = [path for path in sorted(wheel.backend.iterdir()) if path.is_file()]
    for source in (*files, wheel.stub):
        _copy(source, folder / "python" / source.name)
    for source in sorted(OWN.glob("*/model.py")):
        _copy(source, folder / source.parent.name / source.name)
    return folder


def _copy(source: Path, target: Path) -> None:
    if target.is_file() and filecmp.cmp(source, target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".partial")
    shutil.copy2(source, aside)
    aside.replace(target)
