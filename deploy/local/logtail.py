"""The last lines of a program's log."""

from __future__ import annotations

from pathlib import Path

_BLOCK = 65536


def tail(path: Path, lines: int) -> list[str]:
    """The last `lines` lines; none when there is no such file. Reads the file's end only."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _BLOCK))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:]
