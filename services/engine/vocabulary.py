"""The ids that steer generation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.engine.arrays import Floats
from services.manifest import Manifest

_IMAGE_TOKEN = "<img_"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`image_tokens` ids follow `image_first`; the first `features` of them stand for the features of an image."""

    size: int
    eos: int
    image_start: int
    image_end: int
    image_first: int
    image_tokens: int
    features: int

    @classmethod
    def of(cls, manifest: Manifest) -> Vocabulary:
        """As the manifest says."""
        tokens = manifest.tokens
        return cls(
            size=manifest.language.vocab,
            eos=tokens.eos,
            image_start=tokens.image_start,
            image_end=tokens.image_end,
            image_first=tokens.image_first,
            image_tokens=sum(name.startswith(_IMAGE_TOKEN) for name in tokens.special),
            features=manifest.features,
        )

    @property
    def image_ids(self) -> tuple[int, ...]:
        """What follows `<img>`: an id for each feature, then `</img>`."""
        return (*range(self.image_first, self.image_first + self.features), self.image_end)

    def hide(self, logits: Floats) -> None:
        """Forbid, in place, the ids that only an image may hold. logits [rows, vocab]."""
        logits[:, self.image_first : self.image_first + self.image_tokens] = -np.inf
        logits[:, self.image_end] = -np.inf
