"""What may own a slot of the cache."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np

from services.engine.arrays import Floats, Ints
from services.engine.runtime import PromptChunk
from services.engine.sampling import Sampler

if TYPE_CHECKING:
    from services.engine.running import Running


class Phase(Enum):
    """What a decode step means for a row: nothing, a token to draw, a token before a forced <img>, a feature."""

    IDLE = auto()
    TEXT = auto()
    CLOSING = auto()
    IMAGE = auto()
    SHADOW = auto()


class Sequence:
    """A row of the cache with `length` entries, in `slot` while it has one (-1)."""

    __slots__ = ("length", "owner", "phase", "slot")

    def __init__(self, owner: Running, phase: Phase) -> None:
        self.owner = owner
        self.phase = phase
        self.slot = -1
        self.length = 0


class Prompt(Sequence):
    """A prompt on its way into the cache, chunk by chunk; decode steps meanwhile write behind its end, harmlessly."""

    __slots__ = ("_features", "_ids", "_is_feature")

    def __init__(self, owner: Running, ids: Ints, features: Floats, positions: Ints) -> None:
        super().__init__(owner, Phase.IDLE)
        self._ids = ids
        self._is_feature = np.zeros(len(ids), np.bool_)
        self._features = np.zeros((len(ids), features.shape[1]), np.float32)
        inside = positions < len(ids)
        self._is_feature[positions[inside]] = True
        self._features[positions[inside]] = features[inside]

    @property
    def complete(self) -> bool:
        """Whether all of it is in the cache."""
        return self.length == len(self._ids)

    def chunk(self, size: int) -> PromptChunk:
        """The next positions, at most `size`."""
        part = slice(self.length, self.length + size)
        return PromptChunk(self._ids[part], self._features[part], self._is_feature[part], self.length)


class Candidate(Sequence):
    """One answer: text, then perhaps an image whose predicted features [taken, D] it collects.

    `sampled` counts drawn tokens, `generated` every id that was emitted.
    """

    __slots__ = ("features", "generated", "index", "sampled", "sampler", "shadow", "taken")

    def __init__(self, owner: Running, index: int, sampler: Sampler) -> None:
        super().__init__(owner, Phase.TEXT)
        self.index = index
        self.sampler = sampler
        self.sampled = 0
        self.generated = 0
        self.features: Floats | None = None
        self.taken = 0
        self.shadow: Sequence | None = None
