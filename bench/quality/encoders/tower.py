"""Our own EVA-CLIP tower as an image encoder: CLIP-I-like where no other encoder is at hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from bench.quality.measures.likeness import Embeddings
from bench.quality.picture import Picture
from export.networks import VisionTower
from export.reference.picture import Encoder


class TowerEncoder:
    """A picture's features [64, D], flattened: like CLIP-I, but it looks at where things are, too.

    It is the tower the model itself reads references with, so it cannot show what that tower does not see.
    """

    name = "EVA-cosine (substitute for CLIP-I)"

    def __init__(self, tower: VisionTower) -> None:
        self._encoder = Encoder(tower)

    def pictures(self, pictures: Sequence[Picture]) -> Embeddings:
        """Embeddings [N, 64 D]."""
        rows = [self._encoder.encode(Image.fromarray(picture)).flatten().numpy() for picture in pictures]
        return np.asarray(rows, dtype=np.float32)
