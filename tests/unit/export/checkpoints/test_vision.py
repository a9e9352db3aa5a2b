"""EVA-CLIP's positions are resized as the authors' code does it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from export.checkpoints.vision import resize_positions

Floats = NDArray[np.float64]


def cubic(grid: int, side: int) -> Floats:
    """The weights [grid, side] of Keys's cubic (a = -0.75) where pixel centres scale by (grid + 0.1) / side."""
    weights = np.zeros((grid, side))
    for row in range(grid):
        centre = (row + 0.5) * side / (grid + 0.1) - 0.5
        for tap in range(int(np.floor(centre)) - 1, int(np.floor(centre)) + 3):
            x = abs(centre - tap)
            near, far = 1.25 * x**3 - 2.25 * x**2 + 1, -0.75 * (x**3 - 5 * x**2 + 8 * x - 4)
            weights[row, min(max(tap, 0), side - 1)] += near if x <= 1 else far
    return weights


@pytest.mark.parametrize(("side", "grid"), [(16, 32), (16, 24), (32, 16)])
def test_positions_are_resized_bicubically(side: int, grid: int) -> None:
    positions = torch.randn(1, side * side + 1, 5, generator=torch.Generator().manual_seed(0))
    weights, planes = cubic(grid, side), positions[0, 1:].double().reshape(side, side, 5).numpy()
    wanted = np.einsum("ry,cx,yxd->rcd", weights, weights, planes).reshape(grid * grid, 5)
    found = resize_positions(positions, grid)
    assert found.shape == (1, grid * grid + 1, 5)
    assert torch.equal(found[0, 0], positions[0, 0])
    np.testing.assert_allclose(found[0, 1:].numpy(), wanted, atol=2e-5, rtol=0)


def test_half_precision_positions_are_resized_in_fp32() -> None:
    positions = torch.randn(1, 17, 3).bfloat16()
    assert torch.equal(resize_positions(positions, 8), resize_positions(positions.float(), 8))
