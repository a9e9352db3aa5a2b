"""The whole of WeGen on one machine, without a server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from torch import Tensor

from export.presets import Bucket, Preset
from export.reference.language import ReferenceLanguage
from export.reference.picture import Encoder, Painter
from export.reference.prompt import Prompt
from export.reference.sampling import ImageMode, Sampling
from export.reference.turn import Answerer, Turn
from export.tokenizer import Tokenizer
from export.training.prompts import REWRITE_REQUEST
from export.weights import TOKENIZER_FILE, Networks, load_networks


class Reference:
    """Chat, prompt self-rewriting, features and pictures, from a folder of weights and tokenizer.model.

    `networks` takes the place of the folder's safetensors.
    """

    def __init__(self, preset: Preset, weights: Path, networks: Networks | None = None) -> None:
        networks = networks or load_networks(preset, weights)
        self.preset = preset
        self.tokenizer = tokenizer = Tokenizer.load(weights / TOKENIZER_FILE, preset.language.text_vocab)
        self.language = ReferenceLanguage(networks.language, preset.context)
        self.answerer = Answerer(self.language, tokenizer, preset.features, preset.feature_offset)
        self.painter = Painter(preset, networks.denoiser, networks.decoder)
        self.encoder = Encoder(networks.vision)

    def prompt(self, *parts: str | Tensor) -> Prompt:
        """An interleaved prompt after BOS; a tensor is a reference picture's features [64, D]."""
        return Prompt.of(parts, self.tokenizer, self.preset.vision.width)

    def chat(
        self,
        prompt: Prompt,
        sampling: Sampling,
        *,
        max_tokens: int = 128,
        image: ImageMode = ImageMode.ALLOW,
        feature_guidance: float = 1.0,
    ) -> Turn:
        """One turn: text, and an image's features if there is one."""
        return self.answerer.answer(
            prompt, sampling, max_tokens=max_tokens, image=image, feature_guidance=feature_guidance
        )

    def rewrite(self, brief: str, samplings: Sequence[Sampling], *, max_tokens: int = 128) -> list[Turn]:
        """Prompt self-rewriting: a dense description and an image's features for each sampling."""
        prompt = self.prompt(REWRITE_REQUEST.format(brief=brief))
        return [self.chat(prompt, each, max_tokens=max_tokens, image=ImageMode.FORCE) for each in samplings]

    def text(self, turn: Turn) -> str:
        """What a turn says, without the image's tokens."""
        start = self.tokenizer.id_of("<img>")
        ids = turn.ids[: turn.ids.index(start)] if start in turn.ids else turn.ids
        return self.tokenizer.decode(ids)

    def paint(
        self,
        features: Tensor,
        seed: int,
        steps: int | None = None,
        guidance: float | None = None,
        size: Bucket | None = None,
    ) -> Image.Image:
        """Features [64, D] to a picture; steps, guidance and size (height, width) default to the preset's."""
        return self.painter.paint(features, seed, steps, guidance, size)

    def encode(self, image: Image.Image) -> Tensor:
        """A reference picture to features [64, D]."""
        return self.encoder.encode(image)
