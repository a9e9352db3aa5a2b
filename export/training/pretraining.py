"""Stage `vision`: a stand-in for CLIP's pretraining that makes 64 features say what a picture shows.

The published tower comes from CLIP; the small one learns from heads that are thrown away afterwards: each feature must
paint its own 16 x 16 pixel cell, know where that cell lies, and name the style, the background and every attribute of
the thing that touches the cell: as with CLIP, what a feature says is first of all what a caption would. The heads read
features standardised over the batch with noise on top, so features that a language model predicts inexactly still say
the same.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.networks import VisionTower
from export.training.dataset import Pictures, to_clip
from export.training.labels import ATTRIBUTES, BACKGROUNDS, UNKNOWN, background_labels, cell_labels
from export.training.precision import mixed_precision
from export.training.spread import Spread

_NOISE = 0.6
_CELL = 8
_WEIGHTS = {"cell": 4.0, "where": 0.1, "things": 0.3, "background": 0.1}
_EMPTY = 0.2


class Pretraining(nn.Module):
    """The tower and its throw-away heads."""

    def __init__(self, tower: VisionTower) -> None:
        super().__init__()
        width, features = tower.size.width, tower.size.features
        self.tower = tower
        self.cell = nn.Sequential(nn.Linear(width, 256), nn.GELU(), nn.Linear(256, 3 * _CELL**2))
        self.where = nn.Linear(width, features)
        self.things = nn.ModuleList(nn.Linear(width, len(names) + 1) for names in ATTRIBUTES.values())
        self.background = nn.ModuleList(nn.Linear(width, len(names)) for names in BACKGROUNDS.values())

    def noisy(self, pixels: Tensor) -> Tensor:
        """Standardised features [B, 64, D] with noise of a random strength for each picture."""
        features = self.tower(pixels).float()
        mean, std = features.mean((0, 1)), features.std((0, 1))
        standard: Tensor = (features - mean) / (std + 1e-4)
        strength = _NOISE * torch.rand(len(standard), 1, 1, device=standard.device)
        return standard + strength * torch.randn_like(standard)


def cells(pixels: Tensor, side: int) -> Tensor:
    """Pictures [B, 3, H, W], halved, cut into `side` x `side` cells: [B, side * side, 3 * 8 * 8]."""
    small = F.avg_pool2d(pixels, pixels.shape[-1] // (side * _CELL))
    return F.unfold(small, _CELL, stride=_CELL).transpose(1, 2)


class VisionObjective:
    """The heads' losses."""

    name = "vision"

    def __init__(self, tower: VisionTower, pictures: Pictures, device: torch.device, spread: Spread = map) -> None:
        self.module = Pretraining(tower).to(device)
        self.pixels, self.device, self.examples = pictures.resident(device), device, len(pictures)
        side = int(tower.size.features**0.5)
        self.things = cell_labels(pictures.recipes, side, spread).to(device)
        self.backgrounds = background_labels(pictures.recipes).to(device)

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:  # noqa: ARG002 - every stage's signature
        """Losses of one batch."""
        indices = indices.to(self.device)
        pixels = to_clip(self.pixels[indices], self.device)
        with mixed_precision(self.device):
            features = self.module.noisy(pixels)
            parts = self._parts(features, pixels, self.things[indices], self.backgrounds[indices])
        total = torch.stack([weight * parts[name] for name, weight in _WEIGHTS.items()]).sum()
        return {"loss": total, **parts}

    def _parts(self, features: Tensor, pixels: Tensor, things: Tensor, backgrounds: Tensor) -> dict[str, Tensor]:
        heads, batch, count = self.module, features.shape[0], features.shape[1]
        where = torch.arange(count, device=features.device).repeat(batch)
        touching = things.long().flatten(0, 1)
        behind = backgrounds.repeat_interleave(count, 0)
        return {
            "cell": F.l1_loss(heads.cell(features).float(), cells(pixels, int(count**0.5))),
            "where": F.cross_entropy(heads.where(features).float().flatten(0, 1), where),
            "things": torch.stack(
                [_entropy(head(features), touching[:, i], _EMPTY) for i, head in enumerate(heads.things)]
            ).sum(),
            "background": torch.stack(
                [_entropy(head(features), behind[:, i], 1.0) for i, head in enumerate(heads.background)]
            ).sum(),
        }


def _entropy(logits: Tensor, labels: Tensor, first: float) -> Tensor:
    """Cross-entropy of logits [B, N, C] with the first class weighted by `first`: most cells hold no thing.

    Labels [B * N] that are UNKNOWN do not count; 0 where all are.
    """
    weight = torch.ones(logits.shape[-1], device=logits.device)
    weight[0] = first
    known = labels != UNKNOWN
    total = F.cross_entropy(logits.float().flatten(0, 1), labels, weight, reduction="sum", ignore_index=UNKNOWN)
    counted = (weight[labels.where(known, 0)] * known).sum()
    return total / counted.clamp(min=first)


@torch.no_grad()
def standardise(tower: VisionTower, mean: Tensor, std: Tensor) -> None:
    """Rescale the tower's weights so that its output becomes (output - mean) / std, per dimension [D].

    Exact, because post-norm blocks normalise their branches and never the stream they add to: what writes to the
    stream is divided by `std`, what reads it is multiplied, and the mean leaves with the last norm's bias.
    """
    for parameter in (tower.patch_embed.weight, tower.patch_embed.bias, tower.cls_token, tower.pos_embed):
        assert parameter is not None
        parameter.div_(std.view([-1, 1, 1, 1] if parameter.ndim == 4 else [-1]))
    blocks: list[Any] = list(tower.blocks)
    for block in blocks:
        for reader in (block.attn.qkv, block.mlp[0]):
            reader.weight.mul_(std)
        for writer in (block.norm1, block.norm2):
            writer.weight.div_(std)
            writer.bias.div_(std)
    blocks[-1].norm2.bias.sub_(mean / std)
