"""Frame pairs: a first frame to generate, and its instances as they look t_ref frames later."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from export.training.diic.box import Box
from export.training.diic.caption import Caption, Span
from export.training.diic.checks import Limits, Verdict, judge
from export.training.diic.segment import Framing, segment_of
from export.training.diic.sources import Mask, Pixels, Sources


class BoxFrame(Enum):
    """Whose frame the boxes are told in.

    The first frame's say where an instance is to stand in the picture being generated; the paper's formula writes those
    of frame 1 + t_ref.
    """

    FIRST = "first"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The recipe's choices; t_ref 25 is the paper's best, 2 teaches copying (WeGen, 4.5, table 4)."""

    t_ref: int = 25
    box_frame: BoxFrame = BoxFrame.FIRST
    limits: Limits = field(default_factory=Limits)
    framing: Framing = field(default_factory=Framing)

    def __post_init__(self) -> None:
        if self.t_ref < 1:
            raise ValueError(f"t_ref {self.t_ref} is not above 0")


@dataclass(frozen=True, slots=True)
class Instance:
    """What a caption's span names: its box in pixels, its mask [H, W] and segment [side, side, 3] from t_ref later."""

    span: Span
    box: Box
    mask: Mask
    segment: Pixels


@dataclass(frozen=True, slots=True)
class Pair:
    """Frame x_1 and frame 1 + t_ref, both [H, W, 3], the caption of x_1, its usable instances, and every verdict."""

    first: Pixels
    later: Pixels
    caption: Caption
    instances: tuple[Instance, ...]
    verdicts: tuple[Verdict, ...]


def pair_of(clip: Pixels, sources: Sources, recipe: Recipe) -> Pair:
    """The recipe over one clip [T, H, W, 3] (WeGen, 3.2): identify, detect, track, pick the pair.

    ValueError where the clip ends before frame 1 + t_ref.
    """
    if len(clip) <= recipe.t_ref:
        raise ValueError(f"t_ref {recipe.t_ref} wants {recipe.t_ref + 1} frames, the clip has {len(clip)}")
    clip = clip[: recipe.t_ref + 1]
    caption = sources.captioner.caption(clip[0])
    boxes = sources.detector.boxes(clip[0], caption.phrases)
    found = [(span, box) for span, box in zip(caption.spans, boxes, strict=True) if box is not None]
    masks = list(sources.tracker.track(clip, [box for _, box in found])) if found else []
    claims = np.sum([mask[-1] for mask in masks], axis=0, dtype=np.int64)
    judged = {
        # Real masks overlap: a pixel is another's where more than this one claims it.
        span: (judge(box, mask[0], mask[-1], recipe.limits, claims > mask[-1]), box, mask[-1])
        for (span, box), mask in zip(found, masks, strict=True)
    }
    instances = [
        _instance(span, box, mask, clip[-1], recipe)
        for span, (verdict, box, mask) in judged.items()
        if verdict is Verdict.KEPT
    ]
    verdicts = [judged[span][0] if span in judged else Verdict.UNFOUND for span in caption.spans]
    return Pair(clip[0], clip[-1], caption, tuple(instances), tuple(verdicts))


def _instance(span: Span, box: Box, mask: Mask, later: Pixels, recipe: Recipe) -> Instance:
    told = box if recipe.box_frame is BoxFrame.FIRST else Box.around(mask)
    assert told is not None, "a kept instance has a mask"
    return Instance(span, told, mask, segment_of(later, mask, recipe.framing))
