"""What the feature generator takes, checked before a request is queued."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.engine.generation import GenerationRequest
from services.engine.vocabulary import Vocabulary
from services.errors import InvalidArgumentError
from services.generation import ImageMode, Sampling

CANDIDATES = 8
_FEATURE_BOUND = 1e4
_TEMPERATURE_BOUND = 100.0
_GUIDANCE_BOUND = 30.0


@dataclass(frozen=True, slots=True)
class GenerationLimits:
    """Sizes of the served model: `context` and `slots` of the longest pool, `feature_width` of a feature."""

    vocabulary: Vocabulary
    context: int
    slots: int
    feature_width: int

    def check(self, request: GenerationRequest) -> None:
        """InvalidArgumentError, naming the field and its limit, for a request that could not be served."""
        self._check_ids(request)
        self._check_features(request)
        if not 1 <= len(request.sampling) <= CANDIDATES:
            raise InvalidArgumentError("seeds", f"{len(request.sampling)} candidates are not 1 to {CANDIDATES}")
        for sampling in request.sampling:
            _check_sampling(sampling)
        if not abs(request.feature_guidance) <= _GUIDANCE_BOUND:
            raise InvalidArgumentError(
                "feature_guidance", f"{request.feature_guidance} is not within ±{_GUIDANCE_BOUND}"
            )
        self._check_length(request)

    def entries(self, request: GenerationRequest) -> int:
        """Cache entries a candidate may need: prompt, text, and an image between its two marks."""
        image = 0 if request.image is ImageMode.NEVER else self.vocabulary.features + 2
        return len(request.ids) + request.max_tokens + image

    def slots_for(self, request: GenerationRequest) -> int:
        """Cache slots a request may hold at once."""
        return len(request.sampling) * (2 if request.guided else 1)

    def _check_ids(self, request: GenerationRequest) -> None:
        if not len(request.ids):
            raise InvalidArgumentError("ids", "the prompt is empty")
        if request.ids.min() < 0 or request.ids.max() >= self.vocabulary.size:
            raise InvalidArgumentError("ids", f"an id is outside of 0..{self.vocabulary.size - 1}")
        if request.ids[-1] == self.vocabulary.image_start and request.image is ImageMode.NEVER:
            raise InvalidArgumentError("image", "it is 0 (never), but the prompt ends with <img>")

    def _check_features(self, request: GenerationRequest) -> None:
        features, positions = request.features, request.feature_positions
        if features.ndim != 2 or features.shape[1] != self.feature_width:
            raise InvalidArgumentError("features", f"shape {features.shape} is not [rows, {self.feature_width}]")
        if len(features) != len(positions):
            raise InvalidArgumentError("feature_positions", f"{len(positions)} positions for {len(features)} features")
        if not (np.abs(features) <= _FEATURE_BOUND).all():
            raise InvalidArgumentError("features", f"a value is not a number within ±{_FEATURE_BOUND:g}")
        if not len(positions):
            return
        if positions.min() < 0 or positions.max() >= len(request.ids):
            raise InvalidArgumentError("feature_positions", f"a position is outside of 0..{len(request.ids) - 1}")
        if len(np.unique(positions)) != len(positions):
            raise InvalidArgumentError("feature_positions", "a position is named twice")
        if positions.max() == len(request.ids) - 1 and request.ids[-1] == self.vocabulary.image_start:
            raise InvalidArgumentError("feature_positions", "a feature stands at the <img> that begins the answer")

    def _check_length(self, request: GenerationRequest) -> None:
        least = 0 if request.image is ImageMode.FORCE or request.ids[-1] == self.vocabulary.image_start else 1
        if not least <= request.max_tokens <= self.context:
            raise InvalidArgumentError("max_tokens", f"{request.max_tokens} is not {least} to {self.context}")
        entries, prompt = self.entries(request), len(request.ids)
        if prompt > self.context:
            raise InvalidArgumentError(
                "ids", f"prompt of {prompt} tokens is longer than the context {self.context}", reason="PROMPT_TOO_LONG"
            )
        if entries > self.context:
            raise InvalidArgumentError(
                "max_tokens",
                f"prompt of {prompt} tokens, {request.max_tokens} new ones and {entries - prompt - request.max_tokens} "
                f"for an image are {entries}, context {self.context}",
                reason="PROMPT_TOO_LONG",
            )
        if self.slots_for(request) > self.slots:
            raise InvalidArgumentError("seeds", f"{self.slots_for(request)} slots are needed, there are {self.slots}")


def _check_sampling(sampling: Sampling) -> None:
    if not 0 < sampling.top_p <= 1:
        raise InvalidArgumentError("top_p", f"{sampling.top_p} is not above 0 and at most 1")
    if not (sampling.temperature == 0 or 0.01 <= sampling.temperature <= _TEMPERATURE_BOUND):
        raise InvalidArgumentError(
            "temperature", f"{sampling.temperature} is neither 0 nor 0.01 to {_TEMPERATURE_BOUND:g}"
        )
    if not 0 <= sampling.seed < 2**64:
        raise InvalidArgumentError("seeds", f"{sampling.seed} is outside of 0..2^64-1")
