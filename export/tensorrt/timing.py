"""What TensorRT measured in earlier builds, kept on disk: a second build of a network is much of its time shorter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from export.tensorrt.plan import Target


@dataclass(frozen=True, slots=True)
class TimingStore:
    """A file for each TensorRT and GPU, since timings are good for no other."""

    folder: Path

    def read(self, target: Target) -> bytes:
        """Empty if there are none."""
        path = self._path(target)
        return path.read_bytes() if path.is_file() else b""

    def write(self, target: Target, content: bytes) -> None:
        """Write aside, then rename."""
        path = self._path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(path.name + ".partial")
        aside.write_bytes(content)
        aside.replace(path)

    def _path(self, target: Target) -> Path:
        words = (target.gpu, target.compute_capability, target.tensorrt)
        return self.folder / ("-".join(re.sub(r"[^A-Za-z0-9.]+", "_", word) for word in words) + ".timings")
