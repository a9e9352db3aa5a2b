"""Which instances are worth learning from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy import ndimage

from export.training.diic.box import Box
from export.training.diic.sources import Mask


class Verdict(Enum):
    """Why an instance is taken or thrown away."""

    KEPT = "kept"
    UNFOUND = "the detector finds no box for its phrase"
    STRAY = "its tracked mask does not fit its box in the first frame"
    GONE = "it has left the picture"
    CUT = "the picture's edge cuts it"
    SMALL = "it is too small"
    HIDDEN = "something hides most of it"
    GROWN = "its mask has grown beyond it"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a usable instance, all as shares, so that they hold for pictures of any size.

    fit: intersection over union of its box and its first mask, at least.
    edge: of its box's outline that may lie on the picture's edge.
    whole: of its later mask that its largest connected piece holds, at least.
    crowded: of its later box that other instances cover, at most: how much of it they hide is not to be seen.
    area: of the picture it covers, at least, in both frames.
    side: its box's shorter side over the picture's shorter side, at least.
    shrunk, grown: its later area over its first, at least and at most.
    """

    fit: float = 0.5
    edge: float = 0.1
    whole: float = 0.8
    crowded: float = 0.1
    area: float = 0.008
    side: float = 0.08
    shrunk: float = 0.5
    grown: float = 2.5


def judge(box: Box | None, first: Mask, later: Mask, limits: Limits, others: Mask | None = None) -> Verdict:
    """Whether an instance of `box` with masks [H, W] in frame 1 and frame 1 + t_ref can be learned from.

    `others` are all other instances' pixels [H, W] in frame 1 + t_ref.
    """
    if box is None:
        return Verdict.UNFOUND
    opening, reference = Box.around(first), Box.around(later)
    if opening is None or opening.overlap(box) < limits.fit:
        return Verdict.STRAY
    if reference is None:
        return Verdict.GONE
    change = float(later.sum() / first.sum())
    crowded = 0.0 if others is None else covered_share(others, reference)
    faults = {
        Verdict.CUT: edge_share(later, reference) > limits.edge,
        Verdict.SMALL: not (_is_seen(first, opening, limits) and _is_seen(later, reference, limits)),
        Verdict.HIDDEN: change < limits.shrunk or whole_share(later) < limits.whole or crowded > limits.crowded,
        Verdict.GROWN: change > limits.grown,
    }
    return next((verdict for verdict, failed in faults.items() if failed), Verdict.KEPT)


def _is_seen(mask: Mask, box: Box, limits: Limits) -> bool:
    side = min(box.width, box.height) / min(mask.shape)
    return float(mask.mean()) >= limits.area and side >= limits.side


def covered_share(others: Mask, box: Box) -> float:
    """The share of `box`, in whole pixels, that the pixels of `others` [H, W] cover."""
    left, top, right, bottom = map(int, box.corners)
    return float(others[top:bottom, left:right].mean())


def whole_share(mask: Mask) -> float:
    """The share of `mask` [H, W], not empty, in its largest piece; pixels that touch at a corner are one piece."""
    pieces, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel())[1:]
    return float(sizes.max() / sizes.sum())


def edge_share(mask: Mask, box: Box) -> float:
    """The pixels of `mask` [H, W] on the picture's edge over the outline of `box`, which surrounds it."""
    edge = sum(int(np.count_nonzero(line)) for line in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
    return edge / (2.0 * (box.width + box.height))
