"""Pictures as the frozen networks see them: features, and latents for the denoiser."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from export.training.dataset import digest, to_clip, to_signed, write_rows
from export.training.pictures import Picture, pixels_of
from export.training.spread import Spread

_BATCH = 64

Encode = Callable[[NDArray[np.uint8]], Tensor]


@torch.no_grad()
def encoded(
    cache: Path, name: str, weights: Path, pictures: list[Picture], encode: Encode, *, spread: Spread = map
) -> Tensor:
    """`encode` over all pictures, fp16 [N, ...]; kept in `cache` until the weights or the pictures change.

    What is returned lies on disk and is read as it is needed.
    """
    path = cache / f"{name}-{digest(pictures, zlib.crc32(weights.read_bytes())):08x}.npy"
    if not path.exists():
        write_rows(path, _parts(name, pictures, encode, spread), len(pictures), np.float16)
    # Copy on write rather than read-only: torch knows no tensors that may not be written to.
    return torch.from_numpy(np.load(path, mmap_mode="c"))


def _parts(name: str, pictures: list[Picture], encode: Encode, spread: Spread) -> Iterator[NDArray[np.float16]]:
    drawn = spread(pixels_of, tqdm(pictures, desc=name, unit="picture", mininterval=5))
    while batch := list(islice(drawn, _BATCH)):
        yield encode(np.stack(batch)).half().cpu().numpy()


def feature_encoder(tower: torch.nn.Module, device: torch.device) -> Encode:
    """Pixels [B, 128, 128, 3] to features [B, 64, D]."""
    return lambda pixels: tower(to_clip(pixels, device)).float()


def latent_encoder(
    decoder: Any,  # noqa: ANN401 - diffusers' classes are untyped
    scale: float,
    device: torch.device,
) -> Encode:
    """Pixels [B, 128, 128, 3] to scaled latents [B, 4, h, w]: the posterior's mode."""
    return lambda pixels: scale * decoder.encode(to_signed(pixels, device)).latent_dist.mode()
