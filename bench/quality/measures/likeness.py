"""Cosines of embeddings: CLIP-T, CLIP-I and DINO are means of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.errors import InvalidArgumentError

Embeddings = NDArray[np.float32]


def cosines(first: Embeddings, second: Embeddings) -> NDArray[np.float64]:
    """Row by row, [N] for two [N, D]: CLIP-T of pictures and their texts.

    Raises:
        InvalidArgumentError: The shapes differ.
    """
    if first.shape != second.shape:
        raise InvalidArgumentError("embeddings", f"{first.shape} and {second.shape} do not pair")
    products: NDArray[np.float64] = (_unit(first) * _unit(second)).sum(1)
    return products


def cosine_table(first: Embeddings, second: Embeddings) -> NDArray[np.float64]:
    """Every row with every row, [N, M] for [N, D] and [M, D]: CLIP-I and DINO average it (DreamBooth section 4.2)."""
    table: NDArray[np.float64] = _unit(first) @ _unit(second).T
    return table


def _unit(rows: Embeddings) -> NDArray[np.float64]:
    values = rows.astype(np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    if not lengths.all():
        raise InvalidArgumentError("embeddings", "a row of zeros has no direction")
    unit: NDArray[np.float64] = values / lengths
    return unit
