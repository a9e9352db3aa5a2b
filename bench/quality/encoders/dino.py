"""DINO by transformers, for subject fidelity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from PIL import Image
from transformers import ViTModel
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from bench.quality.encoders.folder import open_model
from bench.quality.measures.likeness import Embeddings
from bench.quality.picture import Picture


class DinoEncoder:
    """The class token of the last layer; the published scores use ViT-S/16 (`facebook/dino-vits16`)."""

    def __init__(self, model: Any, processor: Any, name: str) -> None:  # noqa: ANN401 - transformers' classes
        self._model, self._processor = model.eval(), processor
        self.name = name

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Model and processor from `folder`; errors as in `open_model`."""
        model, processor = (open_model("dino", folder, kind) for kind in (ViTModel, ViTImageProcessorPil))
        return cls(model, processor, f"DINO ({folder.name})")

    @torch.no_grad()
    def pictures(self, pictures: Sequence[Picture]) -> Embeddings:
        """Embeddings [N, D]."""
        images = [Image.fromarray(picture) for picture in pictures]
        pixels = self._processor(images=images, return_tensors="pt")["pixel_values"]
        tokens = self._model(pixel_values=pixels).last_hidden_state[:, 0]
        return np.asarray(tokens.float().numpy(), dtype=np.float32)
