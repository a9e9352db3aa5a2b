"""EVA02-CLIP-E-14-plus's vision tower, from the whole CLIP or from its visual part.

Names and biases as in EVA-CLIP's `eva_vit_model.py`; the visual part of WeGen's published code has one qkv bias and
positions for 448 pixels already.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from export.checkpoints.part import Part, View, fit
from export.checkpoints.problems import CheckpointError
from export.checkpoints.store import Store
from export.checkpoints.tensorfile import Shape
from export.onnx.deferred import Lazy

VISUAL = "visual."
POSITIONS = "pos_embed"

# read by CLIP's own pooling, which WeGen leaves out, and what EVA's pretraining left
_UNUSED = re.compile(r"(norm|fc_norm|head)\.(weight|bias)|mask_token")
_FOLDED = re.compile(r"\.attn\.[qv]_bias$")


def read_vision(store: Store, wanted: Mapping[str, Shape]) -> Part:
    """The tower's tensors; `wanted` are the network's names and shapes."""
    visual = _visual(store)
    positions = visual.tensors.get(POSITIONS)
    if positions is not None and (shape := wanted[POSITIONS]) != positions.shape:
        visual.tensors[POSITIONS] = _resized(store, positions, shape)
    for name in [name for name in wanted if name.endswith(".attn.qkv.bias") and name not in visual.tensors]:
        _fold(visual, name.removesuffix("qkv.bias"))
    return fit(wanted, [View(visual, eva_name, ignored=_ignored)])


def eva_name(name: str) -> str:
    """EVA's name of one of our tensors."""
    name = name.replace("patch_embed.", "patch_embed.proj.")
    return name.replace(".mlp.0.", ".mlp.fc1.").replace(".mlp.2.", ".mlp.fc2.")


def resize_positions(positions: Tensor, grid: int) -> Tensor:
    """Positions [1, g * g + 1, C], the class token's first, to [1, grid * grid + 1, C] f32, bicubically.

    As WeGen's published `eva_clip.py` does it: the scale is (grid + 0.1) / g, after DINO, not grid / g.
    """
    token, patches = positions[:, :1].float(), positions[:, 1:].float()
    side = math.isqrt(patches.shape[1])
    planes = patches.mT.unflatten(2, (side, side))
    resized = F.interpolate(planes, scale_factor=(grid + 0.1) / side, mode="bicubic", align_corners=False)
    return torch.cat([token, resized.flatten(2).mT], dim=1)


def _visual(store: Store) -> Store:
    """The visual part of a whole CLIP, or a copy of the store if it is that part already."""
    inner = {name.removeprefix(VISUAL): each for name, each in store.tensors.items() if name.startswith(VISUAL)}
    return Store(store.path, store.files, inner or dict(store.tensors))


def _resized(store: Store, positions: Lazy, shape: Shape) -> Lazy:
    """Positions for another picture size; `CheckpointError` if they are of no square grid or another width."""
    count = positions.shape[1] - 1 if len(positions.shape) == 3 else 0
    if count < 1 or math.isqrt(count) ** 2 != count or positions.shape[::2] != shape[::2]:
        found = f"{store.path}: {POSITIONS} is {list(positions.shape)}"
        raise CheckpointError(f"{found}, which cannot be resized to the preset's {list(shape)}")
    grid = math.isqrt(shape[1] - 1)
    return Lazy(shape, lambda: resize_positions(positions.read(), grid))


def _fold(visual: Store, attention: str) -> None:
    """One bias of queries, keys and values out of EVA's two; keys have none."""
    queries, values = (visual.tensors.get(f"{attention}{name}") for name in ("q_bias", "v_bias"))
    if queries is None or values is None:
        return
    shape = (queries.shape[0] + 2 * values.shape[0],)
    visual.tensors[f"{attention}qkv.bias"] = Lazy(shape, partial(_join, queries.read, values.read))


def _join(queries: Callable[[], Tensor], values: Callable[[], Tensor]) -> Tensor:
    q, v = queries(), values()
    return torch.cat([q, torch.zeros_like(v), v])


def _ignored(name: str) -> bool:
    return bool(_UNUSED.fullmatch(name) or _FOLDED.search(name))
