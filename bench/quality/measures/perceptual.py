"""A perceptual distance on a network's intermediate activations, with LPIPS's formula (Zhang et al. 2018, eq. 1).

d(x, y) = sum over layers of mean over places of sum over channels of w_c (x_c - y_c)^2, where x and y are a layer's
activations, each place scaled to unit length, and w the layer's weights. `measures.alexnet` gives LPIPS's own network
and weights; without them our EVA-CLIP tower stands in (`measures.tower`), with w = 1 / layers, and is named as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from bench.quality.picture import Picture

_EPSILON = 1e-10


class Activations(Protocol):
    """A network that is looked into."""

    def __call__(self, picture: Picture) -> list[Tensor]:
        """Each layer's activations [C, h, w] of a picture [H, W, 3]."""


@dataclass(frozen=True, slots=True)
class Perceptual:
    """Distance of two pictures, 0 for equal ones. `weights` [C] by layer; None weighs all channels 1 / layers.

    `name` stands in tables, `description` says once what it is.
    """

    name: str
    activations: Activations
    weights: Sequence[Tensor] | None = None
    description: str = ""

    def __call__(self, first: Picture, second: Picture) -> float:
        """The distance; pictures of any size are allowed where the network resizes, else of one size."""
        pairs = list(zip(self.activations(first), self.activations(second), strict=True))
        weights = self.weights or [torch.tensor([1 / len(pairs)])] * len(pairs)
        layers = [layer_distance(x, y, weight) for (x, y), weight in zip(pairs, weights, strict=True)]
        return float(sum(layers))


def layer_distance(first: Tensor, second: Tensor, weight: Tensor) -> float:
    """One layer's part, for activations [C, h, w] and weights [C] or [1]."""
    difference = (_unit(first) - _unit(second)) ** 2
    return float((difference * weight[:, None, None]).sum(0).mean())


def _unit(activations: Tensor) -> Tensor:
    """Every place's channels scaled to length 1, as LPIPS's `normalize_tensor` does it."""
    return activations / (activations.pow(2).sum(0, keepdim=True).sqrt() + _EPSILON)
