"""Drawn pictures on disk, so that a stage reads them and does not draw them again."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import DTypeLike, NDArray
from torch import Tensor
from tqdm import tqdm

from export.networks import CLIP_MEAN, CLIP_STD
from export.training.pictures import Picture, pixels_of
from export.training.spread import Spread

_SAMPLED = 16


@dataclass(frozen=True, slots=True)
class Pictures:
    """Recipes and their pictures, uint8 [N, 128, 128, 3]."""

    recipes: list[Picture]
    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.recipes)

    def resident(self, device: torch.device) -> Tensor:
        """All pixels as a tensor where they are used: in a GPU's memory, or where they lie."""
        return resident(self.pixels, device)


def resident(rows: NDArray[np.generic] | Tensor, device: torch.device) -> Tensor:
    """Rows as a tensor to be indexed by batches that are used on `device`.

    A GPU holds them all: to fetch each batch from the host takes longer than a step. A CPU reads them where they lie.
    """
    tensor = torch.as_tensor(rows)
    return tensor if device.type == "cpu" else tensor.to(device)


def load_pictures(cache: Path, name: str, recipes: list[Picture], spread: Spread = map) -> Pictures:
    """Draw `recipes` once into `cache`; from then on they are read from there, as the operating system sees fit."""
    path = cache / f"pictures-{name}-{digest(recipes):08x}.npy"
    if not path.exists():
        told = tqdm(recipes, f"draw {name}", unit="picture", mininterval=5)
        drawn = (pixels[None] for pixels in spread(pixels_of, told))
        write_rows(path, drawn, len(recipes), np.uint8)
    # Copy on write rather than read-only: torch knows no tensors that may not be written to.
    return Pictures(recipes, np.load(path, mmap_mode="c"))


def digest(recipes: list[Picture], key: int = 0) -> int:
    """A checksum of pictures: of every recipe, and of what some of them look like, should the way to draw change."""
    key = zlib.crc32(repr(recipes).encode(), key)
    for recipe in recipes[:: max(1, len(recipes) // _SAMPLED)]:
        key = zlib.crc32(pixels_of(recipe).tobytes(), key)
    return key


def write_rows(path: Path, parts: Iterable[NDArray[np.generic]], count: int, dtype: DTypeLike) -> None:
    """Write `parts` [n, ...], `count` rows in all, as one array: part by part, so that memory holds one at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial.npy")
    rows: np.memmap[tuple[int, ...], np.dtype[np.generic]] | None = None
    at = 0
    for part in parts:
        if rows is None:
            rows = open_memmap(unfinished, "w+", dtype, (count, *part.shape[1:]))  # type: ignore[no-untyped-call]
        rows[at : at + len(part)] = part
        at += len(part)
    if rows is None or at != count:
        raise ValueError(f"parts: {at} rows came, {count} were announced")
    rows.flush()
    unfinished.replace(path)


def to_signed(pixels: NDArray[np.uint8] | Tensor, device: torch.device) -> Tensor:
    """Pixels uint8 [B, H, W, 3] to what the VAE takes: float [B, 3, H, W] in -1..1."""
    return torch.as_tensor(pixels).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def to_clip(pixels: NDArray[np.uint8] | Tensor, device: torch.device) -> Tensor:
    """Pixels uint8 [B, H, W, 3] to what the vision tower takes: float [B, 3, H, W], CLIP-normalised."""
    mean, std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (CLIP_MEAN, CLIP_STD))
    return ((to_signed(pixels, device) + 1.0) / 2.0 - mean) / std


def to_pixels(images: Tensor) -> NDArray[np.uint8]:
    """The VAE's output, float [B, 3, H, W] in -1..1, to uint8 [B, H, W, 3]."""
    scaled = ((images.float().clamp(-1.0, 1.0) + 1.0) * 127.5).round().byte()
    return scaled.permute(0, 2, 3, 1).cpu().numpy()
