"""Every training picture as the frozen networks see it: features, and latents for the denoiser."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from export.training.canonical import canonical_at
from export.training.dataset import to_clip, to_signed
from export.training.talk.edits import edit_of
from export.training.world import Scene, Split, render_all, scene_at

_BATCH = 32


@dataclass(frozen=True, slots=True)
class Library:
    """Scenes by row: `free` ones from the world, canonical ones, and pairs before and after an edit.

    `edits` holds (row before, request, row after).
    """

    scenes: list[Scene]
    free: int
    canonical: range
    edits: list[tuple[int, str, int]]


def build_library(free: int) -> Library:
    """`free` random training scenes, a sixth as many canonical ones and up to a sixth as many edits of the first."""
    scenes = [scene_at(Split.TRAIN, index) for index in range(free)]
    scenes += [canonical_at(Split.TRAIN, index) for index in range(free // 6)]
    canonical = range(free, len(scenes))
    edits = []
    for row in range(free // 6):
        edit = edit_of(scenes[row], Random(f"edit/{row}"))  # noqa: S311 - a seeded world
        if edit is not None:
            edits.append((row, edit.request, len(scenes)))
            scenes.append(edit.result)
    return Library(scenes, free, canonical, edits)


@torch.no_grad()
def encoded(
    cache: Path, name: str, weights: Path, scenes: list[Scene], encode: Callable[[NDArray[np.uint8]], Tensor]
) -> Tensor:
    """`encode` over all scenes' pictures, fp16 [N, ...]; kept in `cache` until the weights or the scenes change."""
    key = zlib.crc32(repr(scenes).encode(), zlib.crc32(weights.read_bytes()))
    path = cache / f"{name}-{key:08x}.npy"
    if not path.exists():
        starts = tqdm(range(0, len(scenes), _BATCH), desc=name, mininterval=5)
        rows = [encode(render_all(scenes[at : at + _BATCH])).half().cpu() for at in starts]
        unfinished = path.with_suffix(".partial.npy")
        np.save(unfinished, torch.cat(rows).numpy())
        unfinished.replace(path)
    return torch.from_numpy(np.load(path))


def feature_encoder(tower: torch.nn.Module, device: torch.device) -> Callable[[NDArray[np.uint8]], Tensor]:
    """Pixels [B, 128, 128, 3] to features [B, 64, D]."""
    return lambda pixels: tower(to_clip(pixels, device)).float()


def latent_encoder(
    decoder: Any,  # noqa: ANN401 - diffusers' classes are untyped
    scale: float,
    device: torch.device,
) -> Callable[[NDArray[np.uint8]], Tensor]:
    """Pixels [B, 128, 128, 3] to scaled latents [B, 4, h, w]: the posterior's mode."""
    return lambda pixels: scale * decoder.encode(to_signed(pixels, device)).latent_dist.mode()
