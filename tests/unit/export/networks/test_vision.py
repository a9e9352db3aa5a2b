"""The tower keeps EVA-CLIP's structure: post-norm blocks, row-major pooling, no class token in the output."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from export import presets
from export.networks import build_vision
from export.networks.vision import VisionBlock


def test_one_feature_stands_for_one_cell_of_the_picture() -> None:
    tower = build_vision(presets.load("wegen-tiny"))
    grid, stride, width = tower.size.grid, tower.size.pool_stride, tower.size.width
    patches = torch.zeros(1, grid * grid, width)
    row, column = 5, 2
    patches[0, row * grid + column] = 1.0
    pooled = tower.pool(patches)
    cell = (row // stride) * (grid // stride) + column // stride
    assert pooled.shape == (1, 64, width)
    assert pooled[0, cell].eq(1 / stride**2).all()
    assert pooled[0, :cell].abs().sum() + pooled[0, cell + 1 :].abs().sum() == 0


def test_block_normalises_after_the_sublayer() -> None:
    torch.manual_seed(0)
    block = VisionBlock(presets.load("wegen-tiny").vision)
    x = torch.randn(1, 4, block.norm1.normalized_shape[0])
    after_attention = x + F.layer_norm(block.attn(x), x.shape[-1:], eps=1e-6)
    expected = after_attention + F.layer_norm(block.mlp(after_attention), x.shape[-1:], eps=1e-6)
    torch.testing.assert_close(block(x), expected)
