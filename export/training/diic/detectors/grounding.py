"""Boxes by Grounding DINO."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL import Image

from export.training.diic.box import Box
from export.training.diic.detectors.folder import open_model
from export.training.diic.sources import Pixels


class GroundingDetector:
    """Looks for one phrase at a time, so that a box is never credited to its neighbour's words.

    `threshold` is the lowest score, 0 to 1, of a box that counts; `processor` and `model` are transformers' objects.
    """

    def __init__(
        self,
        processor: Any,  # noqa: ANN401 - transformers' classes are untyped
        model: Any,  # noqa: ANN401 - transformers' classes are untyped
        threshold: float = 0.35,
    ) -> None:
        if not 0.0 <= threshold <= 1.0:
            raise ValueError(f"threshold {threshold} is not between 0 and 1")
        self._processor = processor
        self._model = model
        self._threshold = threshold

    @classmethod
    def load(cls, path: Path, device: str = "cpu") -> GroundingDetector:
        """The model in a local folder; ModelFolderError where there is none."""
        processor, model = (
            open_model(path, "grounding", kind)
            for kind in (transformers.AutoProcessor, transformers.AutoModelForZeroShotObjectDetection)
        )
        return cls(processor, model.to(device).eval())

    def boxes(self, frame: Pixels, phrases: Sequence[str]) -> list[Box | None]:
        """For every phrase its best box inside `frame` [H, W, 3], or None where none scores high enough."""
        return [self._box(frame, phrase) for phrase in phrases]

    @torch.no_grad()
    def _box(self, frame: Pixels, phrase: str) -> Box | None:
        height, width = frame.shape[:2]
        # The published model wants lower case and a full stop after each phrase.
        text = phrase.lower().strip(" .") + "."
        inputs = self._processor(images=Image.fromarray(frame), text=text, return_tensors="pt").to(self._model.device)
        found = self._processor.post_process_grounded_object_detection(
            self._model(**inputs), inputs["input_ids"], threshold=self._threshold, target_sizes=[(height, width)]
        )[0]
        if not len(found["scores"]):
            return None
        left, top, right, bottom = found["boxes"][int(found["scores"].argmax())].tolist()
        return Box(left, top, right, bottom).within(height, width) if left < right and top < bottom else None
