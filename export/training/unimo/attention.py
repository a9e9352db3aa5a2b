"""The attention loss: a reference's tokens are to be looked at where its entity stands, and nowhere else.

UNIMO-G (section 2.2) writes (1 / N) sum_k |CA(z_t, v_k) - M_k| for visual tokens v_k and their entities' masks M_k. An
entity here has 64 tokens, which share each place's attention: no one of them can reach a mask of ones. So an entity's
map is the sum of its tokens'. Where masks are 0 or 1 that has the very gradient of the formula summed over the tokens,
since each |a_k - 1| = 1 - a_k and each |a_k - 0| = a_k; and it is zero when the map equals the mask.

Of heads and layers the paper says nothing: maps are averaged over the heads of a layer, the loss over the layers, each
at its own resolution, where a mask is the share of the cell that the entity covers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from export.training.unimo.batch import References


def entity_maps(seen: Tensor, references: References, rows: int) -> Tensor:
    """How much of each query's attention a reference's tokens get, 0 to 1: [R, Q], for maps [rows * heads, Q, T]."""
    mean = seen.view(rows, -1, *seen.shape[1:]).float().mean(1)
    queries = mean.shape[1]
    tokens = references.positions[:, None, :].expand(-1, queries, -1)
    return mean[references.rows].gather(2, tokens).sum(2)


def masks_at(masks: Tensor, queries: int) -> Tensor:
    """Masks [R, S, S] as the share of each cell of a square grid of `queries` cells they cover: [R, queries].

    ValueError where the cells are no square grid.
    """
    side = round(queries**0.5)
    if side * side != queries:
        raise ValueError(f"queries {queries} are no square grid")
    return F.adaptive_avg_pool2d(masks[:, None].float(), side).flatten(1)


def attention_loss(maps: Sequence[Tensor], references: References, rows: int) -> Tensor:
    """Mean of |map - mask| over layers, references and places; `maps` are [rows * heads, Q, T] a layer.

    0 without references or layers.
    """
    if not len(references) or not maps:
        return references.masks.new_zeros(())
    return torch.stack([_deviation(seen, references, rows) for seen in maps]).mean()


def _deviation(seen: Tensor, references: References, rows: int) -> Tensor:
    return (entity_maps(seen, references, rows) - masks_at(references.masks, seen.shape[1])).abs().mean()


def attention_shares(maps: Sequence[Tensor], references: References, rows: int) -> tuple[Tensor, Tensor]:
    """The attention a reference's tokens get inside its mask and outside it [R] each, averaged over layers."""
    inside, outside = [], []
    for seen in maps:
        own, mask = entity_maps(seen, references, rows), masks_at(references.masks, seen.shape[1])
        inside.append((own * mask).sum(1) / mask.sum(1))
        outside.append((own * (1.0 - mask)).sum(1) / (1.0 - mask).sum(1))
    return torch.stack(inside).mean(0), torch.stack(outside).mean(0)
