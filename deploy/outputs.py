"""Files that are written from code: where they lie, and which of them are not what the code says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def write(texts: Mapping[Path, str]) -> None:
    """Write every file that differs; paths from the project's root."""
    for path in stale(texts):
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(texts[path])


def stale(texts: Mapping[Path, str]) -> list[Path]:
    """Files that are missing or differ."""
    return [path for path, text in texts.items() if not (ROOT / path).is_file() or (ROOT / path).read_text() != text]
