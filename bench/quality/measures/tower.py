"""Our own EVA-CLIP tower as the network behind a perceptual distance: the substitute where LPIPS's weights are not."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from bench.quality.measures.perceptual import Perceptual
from bench.quality.picture import Picture
from export.networks import VisionTower
from export.reference.picture import Encoder

NAME = "EVA-distance"
DESCRIPTION = "LPIPS's formula on our EVA-CLIP tower's blocks: a substitute for LPIPS"
# LPIPS looks at five layers; a tower of 64 blocks is sampled as sparsely.
LAYERS = 5


class TowerActivations:
    """The outputs of up to five blocks, evenly spaced and the last among them, as maps [C, grid, grid]."""

    def __init__(self, tower: VisionTower) -> None:
        self._tower, self._pixels = tower, Encoder(tower).pixels
        count = min(LAYERS, len(tower.blocks))
        self._chosen = {round((index + 1) * len(tower.blocks) / count) - 1 for index in range(count)}

    @torch.no_grad()
    def __call__(self, picture: Picture) -> list[Tensor]:
        """Each chosen block's map [C, grid, grid], the class token left out; the picture may have any size."""
        tower, found = self._tower, []
        x = tower.embed(self._pixels(Image.fromarray(picture))[None])
        for index, block in enumerate(tower.blocks):
            x = block(x)
            if index in self._chosen:
                found.append(x[0, 1:].T.reshape(-1, tower.size.grid, tower.size.grid))
        return found


def tower_distance(tower: VisionTower) -> Perceptual:
    """The substitute for LPIPS; its numbers compare with each other, not with published LPIPS."""
    return Perceptual(NAME, TowerActivations(tower), description=DESCRIPTION)
