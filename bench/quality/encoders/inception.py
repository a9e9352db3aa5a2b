"""FID's own Inception-v3 as a TorchScript file (`inception-2015-12-05.pt`, the port most published FIDs use)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from bench.quality.measures.likeness import Embeddings
from bench.quality.picture import Picture
from services.errors import InvalidArgumentError, NotFoundError


class InceptionEncoder:
    """Calls the script with uint8 [1, 3, H, W] and `return_features=True`; it resizes and scales by itself."""

    def __init__(self, script: Any, name: str) -> None:  # noqa: ANN401 - a script has no type
        self._script, self.name = script, name

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the script.

        Raises:
            NotFoundError: The file does not exist.
            InvalidArgumentError: It is no TorchScript file.
        """
        if not path.is_file():
            raise NotFoundError(f"inception: {path} does not exist")
        try:
            script = torch.jit.load(str(path), map_location="cpu").eval()
        except RuntimeError as error:
            raise InvalidArgumentError("inception", f"{path} is not a TorchScript file") from error
        return cls(script, f"Inception ({path.stem})")

    @torch.no_grad()
    def pictures(self, pictures: Sequence[Picture]) -> Embeddings:
        """Features [N, 2048] of the last pooling layer."""
        return np.stack([self._one(picture) for picture in pictures])

    def _one(self, picture: Picture) -> Embeddings:
        pixels = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None]
        found: Tensor = self._script(pixels, return_features=True)
        return np.asarray(found[0].float().numpy(), dtype=np.float32)
