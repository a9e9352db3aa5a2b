"""CLIP by transformers, for CLIP-T, CLIP-I and our FID's substitute encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from PIL import Image
from transformers import CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from bench.quality.encoders.folder import open_model
from bench.quality.measures.likeness import Embeddings
from bench.quality.picture import Picture


class ClipEncoder:
    """The published scores use ViT-B/32 (`openai/clip-vit-base-patch32`), saved in a folder."""

    def __init__(self, model: Any, processor: Any, tokenizer: Any, name: str) -> None:  # noqa: ANN401 - transformers'
        self._model, self._processor, self._tokenizer = model.eval(), processor, tokenizer
        self.name = name

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Model, processor and tokenizer from `folder`; errors as in `open_model`."""
        model, processor, tokenizer = (
            open_model("clip", folder, kind) for kind in (CLIPModel, CLIPImageProcessorPil, CLIPTokenizer)
        )
        return cls(model, processor, tokenizer, f"CLIP ({folder.name})")

    @torch.no_grad()
    def pictures(self, pictures: Sequence[Picture]) -> Embeddings:
        """Projected embeddings [N, D]."""
        images = [Image.fromarray(picture) for picture in pictures]
        pixels = self._processor(images=images, return_tensors="pt")["pixel_values"]
        return _array(self._model.get_image_features(pixel_values=pixels).pooler_output)

    @torch.no_grad()
    def texts(self, texts: Sequence[str]) -> Embeddings:
        """Projected embeddings [N, D]; texts are cut at CLIP's 77 tokens."""
        limit = self._model.config.text_config.max_position_embeddings
        tokens = self._tokenizer(list(texts), padding=True, truncation=True, max_length=limit, return_tensors="pt")
        found = self._model.get_text_features(
            input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
        ).pooler_output
        return _array(found)


def _array(rows: torch.Tensor) -> Embeddings:
    return np.asarray(rows.float().numpy(), dtype=np.float32)
