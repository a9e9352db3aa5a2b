"""Files that a killed Triton leaves in shared memory."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path("/dev/shm")  # noqa: S108 - the place Linux gives to shared memory
PATTERN = "triton_python_backend_shm_region_*"


def sweep(folder: Path = FOLDER, processes: Path = Path("/proc")) -> list[Path]:
    """Remove Triton's regions that no living process maps, another stack's being in use; those removed."""
    regions = list(folder.glob(PATTERN))
    if not regions:
        return []
    mapped = _mapped(processes)
    orphans = [region for region in regions if str(region) not in mapped]
    for orphan in orphans:
        orphan.unlink(missing_ok=True)
    return orphans


def _mapped(processes: Path) -> set[str]:
    """Paths of all Triton regions that any process has mapped."""
    found: set[str] = set()
    for maps in processes.glob("[0-9]*/maps"):
        try:
            text = maps.read_text()
        except OSError:
            continue  # it ended meanwhile, or is another user's, whose regions we could not remove either
        found.update(line.split()[5] for line in text.splitlines() if "triton_python_backend_shm" in line)
    return found
