"""Captions and rewrites by a multimodal language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch
import transformers
from PIL import Image

from export.training.diic.caption import Caption
from export.training.diic.detectors.folder import open_model
from export.training.diic.detectors.marked import BRIEF_REQUEST, CAPTION_REQUEST, DENSE_REQUEST, marked_caption
from export.training.diic.sources import Pixels, RewritePair

_LONGEST: Final = 160


class ModelCaptioner:
    """Asks a model that takes a picture and a request; `processor` and `model` are transformers' objects.

    The paper asks InternVL2 for captions, BLIP-2 and Qwen-VL for rewrites (WeGen, 3.2 and 3.3); one model may do both.
    """

    def __init__(self, processor: Any, model: Any) -> None:  # noqa: ANN401 - transformers' classes are untyped
        self._processor = processor
        self._model = model

    @classmethod
    def load(cls, path: Path, device: str = "cpu") -> ModelCaptioner:
        """The model in a local folder; ModelFolderError where there is none."""
        processor, model = (
            open_model(path, "captioner", kind)
            for kind in (transformers.AutoProcessor, transformers.AutoModelForImageTextToText)
        )
        return cls(processor, model.to(device).eval())

    def caption(self, frame: Pixels) -> Caption:
        """A sentence about `frame` [H, W, 3] with its instance phrases."""
        return marked_caption(self._answer(frame, CAPTION_REQUEST))

    def describe(self, frame: Pixels) -> RewritePair:
        """A brief and a dense caption of `frame` [H, W, 3]."""
        return RewritePair(self._answer(frame, BRIEF_REQUEST), self._answer(frame, DENSE_REQUEST))

    @torch.no_grad()
    def _answer(self, frame: Pixels, request: str) -> str:
        content = [{"type": "image", "image": Image.fromarray(frame)}, {"type": "text", "text": request}]
        inputs = self._processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        ).to(self._model.device)
        written = self._model.generate(**inputs, max_new_tokens=_LONGEST, do_sample=False)
        answer: str = self._processor.decode(written[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return answer.strip()
