"""Rendered scenes on disk, so that every stage reads the same pictures without drawing them again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from export.networks import CLIP_MEAN, CLIP_STD
from export.training.world import Scene, Split, render, scene_at


@dataclass(frozen=True, slots=True)
class Pictures:
    """Scenes and their pictures, uint8 [N, 128, 128, 3]."""

    scenes: list[Scene]
    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.scenes)


def load_pictures(cache: Path, count: int, *, shift: int) -> Pictures:
    """The first `count` training scenes; rendered once into `cache`, then read from there."""
    scenes = [scene_at(Split.TRAIN, index, shift=shift) for index in range(count)]
    path = cache / f"pictures-{count}-shift{shift}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        pixels = np.stack([render(scene) for scene in tqdm(scenes, desc="render", unit="picture", mininterval=2)])
        unfinished = path.with_suffix(f".{shift}.partial.npy")
        np.save(unfinished, pixels)
        unfinished.replace(path)
    return Pictures(scenes, np.load(path, mmap_mode="r"))


def to_signed(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Pixels uint8 [B, H, W, 3] to what the VAE takes: float [B, 3, H, W] in -1..1."""
    return torch.from_numpy(np.array(pixels)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def to_clip(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Pixels uint8 [B, H, W, 3] to what the vision tower takes: float [B, 3, H, W], CLIP-normalised."""
    mean, std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (CLIP_MEAN, CLIP_STD))
    return ((to_signed(pixels, device) + 1.0) / 2.0 - mean) / std


def to_pixels(images: Tensor) -> NDArray[np.uint8]:
    """The VAE's output, float [B, 3, H, W] in -1..1, to uint8 [B, H, W, 3]."""
    scaled = ((images.float().clamp(-1.0, 1.0) + 1.0) * 127.5).round().byte()
    return scaled.permute(0, 2, 3, 1).cpu().numpy()
