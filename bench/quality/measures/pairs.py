"""A distance over the samples of one prompt: the `_d` of PSNR_d and LPIPS_d (WeGen section 4.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from bench.quality.picture import Picture
from services.errors import InvalidArgumentError

Distance = Callable[[Picture, Picture], float]


def mean_over_pairs(samples: Sequence[Picture], distance: Distance) -> float:
    """The mean of `distance` over all unordered pairs; InvalidArgumentError for fewer than two samples."""
    if len(samples) < 2:
        raise InvalidArgumentError("samples", f"{len(samples)} of a prompt make no pair, at least 2 do")
    return float(np.mean([distance(first, second) for first, second in combinations(samples, 2)]))
