"""Room on disk for files that are still to be written."""

from __future__ import annotations

import shutil
from pathlib import Path


def existing(folder: Path) -> Path:
    """`folder`, or the nearest folder above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


def free_disk(folder: Path) -> int:
    """Bytes free on the file system that `folder` lies, or will lie, on."""
    return shutil.disk_usage(existing(folder)).free
