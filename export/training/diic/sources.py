"""What the recipe asks of the outside: four questions about pictures, whoever answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from export.training.diic.box import Box
from export.training.diic.caption import Caption

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RewritePair:
    """A brief and a dense caption of one picture, from which prompt self-rewriting is learned (WeGen, 3.3)."""

    brief: str
    dense: str


class Captioner(Protocol):
    """Names what a picture shows (WeGen, 3.2, instance identification: InternVL2)."""

    def caption(self, frame: Pixels) -> Caption:
        """A sentence about `frame` [H, W, 3] with the phrases that name its instances."""
        ...


class Detector(Protocol):
    """Finds what a phrase names (WeGen, 3.2, bounding box detection: Grounding DINO)."""

    def boxes(self, frame: Pixels, phrases: Sequence[str]) -> list[Box | None]:
        """For every phrase its box inside `frame` [H, W, 3], or None where it is not found."""
        ...


class Tracker(Protocol):
    """Follows instances through a clip (WeGen, 3.2, instance tracking: SAM2)."""

    def track(self, clip: Pixels, boxes: Sequence[Box]) -> Mask:
        """Visible pixels [N, T, H, W] of the instance in each of N boxes of the clip's [T, H, W, 3] first frame."""
        ...


class Describer(Protocol):
    """Describes a picture shortly and in full (WeGen, 3.3: BLIP-2 and Qwen-VL)."""

    def describe(self, frame: Pixels) -> RewritePair:
        """A brief and a dense caption of `frame` [H, W, 3]."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Who answers."""

    captioner: Captioner
    detector: Detector
    tracker: Tracker
    describer: Describer
