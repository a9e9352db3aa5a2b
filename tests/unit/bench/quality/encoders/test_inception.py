from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from bench.quality.encoders.inception import InceptionEncoder
from services.errors import InvalidArgumentError, NotFoundError
from tests.unit.bench.quality.conftest import plain


class Script(nn.Module):
    """Takes and gives what `inception-2015-12-05.pt` does: mean colours as features."""

    def forward(self, pixels: Tensor, return_features: bool = False) -> Tensor:
        assert pixels.dtype == torch.uint8
        means = pixels.float().mean(dim=[2, 3])
        return means if return_features else means * 0


def test_a_script_gets_bytes_and_gives_features(tmp_path: Path) -> None:
    torch.jit.script(Script()).save(str(tmp_path / "inception.pt"))
    encoder = InceptionEncoder.load(tmp_path / "inception.pt")
    rows = encoder.pictures([plain(1, 2, 3), plain(9, 8, 7, side=20)])
    assert rows.tolist() == [[1, 2, 3], [9, 8, 7]]
    assert encoder.name == "Inception (inception)"


def test_no_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"inception: .*none\.pt does not exist"):
        InceptionEncoder.load(tmp_path / "none.pt")
    (tmp_path / "text.pt").write_text("no script")
    with pytest.raises(InvalidArgumentError, match="not a TorchScript file"):
        InceptionEncoder.load(tmp_path / "text.pt")
