"""One answer: text token by token, then the features of an image."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from export.reference.language import Context, ReferenceLanguage
from export.reference.prompt import Prompt
from export.reference.sampling import ImageMode, Sampling, sample
from export.tokenizer import Tokenizer


@dataclass(slots=True)
class Turn:
    """Generated ids (without EOS), an image's features [N, D] if there is one, and why it ended."""

    ids: list[int] = field(default_factory=list)
    features: Tensor | None = None
    finish: str = "length"


class Answerer:
    """Answers prompts one after the other."""

    def __init__(self, language: ReferenceLanguage, tokenizer: Tokenizer, features: int, feature_offset: int) -> None:
        self._language, self._features, self._offset = language, features, feature_offset
        self._start, self._end = tokenizer.id_of("<img>"), tokenizer.id_of("</img>")
        self._inner = [tokenizer.id_of(token) for token in tokenizer.specials if token.startswith("<img_")]
        self._eos = tokenizer.eos

    def answer(
        self,
        prompt: Prompt,
        sampling: Sampling,
        *,
        max_tokens: int,
        image: ImageMode = ImageMode.ALLOW,
        feature_guidance: float = 1.0,
    ) -> Turn:
        """Up to `max_tokens` sampled tokens, then an image if the model begins one or `image` forces it.

        A prompt that ends with `<img>` begins with the image at once. An answer ends after its first image.
        """
        turn, context = Turn(), self._language.start(prompt)
        opened = prompt.ids[-1] == self._start and (len(prompt.ids) - 1) not in prompt.feature_positions
        if not opened:
            opened = self._text(turn, context, sampling, max_tokens, image)
        if opened:
            turn.features = self._image(context, feature_guidance)
            turn.ids += [*self._inner[: self._features], self._end]
            turn.finish = "image"
        return turn

    def _text(self, turn: Turn, context: Context, sampling: Sampling, max_tokens: int, image: ImageMode) -> bool:
        """Sample text into `turn`; true if an image follows, its `<img>` read."""
        generator = sampling.generator()
        for _ in range(max_tokens):
            token = sample(self._allowed(context.logits, image), sampling, generator)
            if token == self._start:
                break
            if token == self._eos:
                if image is not ImageMode.FORCE:
                    turn.finish = "stop"
                    return False
                break
            turn.ids.append(token)
            self._language.extend(context, self._language.token([token])[0])
        else:
            if image is not ImageMode.FORCE:
                return False
        turn.ids.append(self._start)
        self._language.extend(context, self._language.token([self._start])[0])
        return True

    def _allowed(self, logits: Tensor, image: ImageMode) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """Logits [vocab] in which only what may be sampled is above -inf."""
        values: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = logits.numpy().copy()
        values[[*self._inner, self._end]] = -np.inf
        if image is ImageMode.NEVER:
            values[self._start] = -np.inf
        return values

    def _image(self, context: Context, guidance: float) -> Tensor:
        """Features [N, D], predicted one from the other; the position of `<img>` predicts the first.

        Guidance: uncond + s * (cond - uncond), the unconditional sequence being `<img>` alone.
        """
        free = self._language.start(Prompt((self._start,), torch.zeros(0, 0), ())) if guidance != 1 else None
        features = []
        for _ in range(self._features + self._offset):
            feature = context.feature
            if free is not None:
                feature = free.feature + guidance * (feature - free.feature)
            features.append(feature)
            embedding = self._language.feature(feature)
            for each in (context, free):
                if each is not None:
                    self._language.extend(each, embedding)
        return torch.stack(features[self._offset :])
