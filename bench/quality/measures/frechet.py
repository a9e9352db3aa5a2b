"""Fréchet distance of two sets of features (FID, Heusel et al. 2017) from their means and covariances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.errors import InvalidArgumentError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """`count` features' mean [D] and unbiased covariance [D, D]."""

    count: int
    mean: Array
    covariance: Array

    @classmethod
    def of(cls, batches: Iterable[NDArray[np.float32] | Array]) -> Self:
        """From batches of features [N, D], read once; InvalidArgumentError for fewer than two features."""
        count, total, outer = 0, np.zeros(1), np.zeros((1, 1))
        origin: Array | None = None
        for batch in batches:
            rows = np.asarray(batch, dtype=np.float64)
            # Sums of values far from 0 would lose the covariance's digits.
            origin = rows[0] if origin is None else origin
            rows = rows - origin
            count, total, outer = count + len(rows), total + rows.sum(0), outer + rows.T @ rows
        if origin is None or count < 2:
            raise InvalidArgumentError("features", f"{count} have no covariance, at least 2 do")
        mean = total / count
        return cls(count, mean + origin, (outer - count * np.outer(mean, mean)) / (count - 1))


def frechet_distance(first: Moments, second: Moments) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), 0 for equal moments.

    The trace of the root is the sum of the roots of the eigenvalues of C1^(1/2) C2 C1^(1/2), which is symmetric:
    unlike `scipy.linalg.sqrtm` of the product it stays real for the singular covariances of few pictures.

    Raises:
        InvalidArgumentError: The widths differ.
    """
    if first.mean.shape != second.mean.shape:
        raise InvalidArgumentError("features", f"widths {len(first.mean)} and {len(second.mean)} differ")
    root = _root(first.covariance)
    shared = np.linalg.eigvalsh(root @ second.covariance @ root).clip(0)
    traces = np.trace(first.covariance) + np.trace(second.covariance)
    squared = ((first.mean - second.mean) ** 2).sum() + traces - 2 * np.sqrt(shared).sum()
    return max(float(squared), 0.0)


def _root(covariance: Array) -> Array:
    """The symmetric square root of a covariance."""
    values, vectors = np.linalg.eigh(covariance)
    root: Array = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    return root
