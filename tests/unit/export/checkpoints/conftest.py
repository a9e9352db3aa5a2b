"""Networks of a small member, as they are found in a miniature of the authors' folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from torch import Tensor

from export.checkpoints.miniature import Form, write_checkpoint
from export.presets import Preset
from export.weights import Networks

Write = Callable[..., Path]


@pytest.fixture(scope="session")
def small(preset: Preset) -> Preset:
    """What a folder is read as."""
    return preset


@pytest.fixture(scope="session")
def truth(networks: Networks) -> Networks:
    """What reading must find."""
    return networks


@pytest.fixture
def write(small: Preset, truth: Networks, positions: Tensor, pieces: bytes, tmp_path: Path) -> Write:
    """Writes a folder; keywords are `Form`'s, or `preset` and `networks` for other sizes."""

    def folder(preset: Preset = small, networks: Networks = truth, **form: object) -> Path:
        path = tmp_path / "authors"
        write_checkpoint(path, preset, networks, pieces, Form(**{"positions": positions, **form}))  # type: ignore[arg-type]
        return path

    return folder
