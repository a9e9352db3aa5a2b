"""The sizes that a denoiser is served at, in pixels and in latents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from services.engine.arrays import Floats
from services.errors import InvalidArgumentError
from services.manifest import Manifest
from services.size import Size, listed

LatentShape = tuple[int, int, int]
"""Channels, height and width."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """`sizes` in pixels, the model's own first; latents have `channels`, and `factor` pixels each along a side."""

    sizes: tuple[Size, ...]
    channels: int
    factor: int

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """The model's."""
        return cls(manifest.sizes, manifest.latent_channels, manifest.pixels_per_latent)

    @property
    def shapes(self) -> tuple[LatentShape, ...]:
        """Of the latents, size by size."""
        return tuple(map(self.shape, self.sizes))

    def shape(self, size: Size) -> LatentShape:
        """Of the latents of a picture."""
        return self.channels, size.height // self.factor, size.width // self.factor

    def chosen(self, size: Size | None, latents: Floats | None) -> Size:
        """What a request wants: its size, else that of its latents, else the model's own. InvalidArgumentError."""
        if size is not None:
            if size not in self.sizes:
                raise InvalidArgumentError("size", f"{size} is none of {listed(self.sizes)}")
            if latents is not None and latents.shape != self.shape(size):
                wanted = f"{list(self.shape(size))} of {size}"
                raise InvalidArgumentError("latents", f"shape {list(latents.shape)} is not {wanted}")
            return size
        if latents is None:
            return self.sizes[0]
        for known in self.sizes:
            if latents.shape == self.shape(known):
                return known
        shapes = ", ".join(str(list(shape)) for shape in self.shapes)
        raise InvalidArgumentError("latents", f"shape {list(latents.shape)} is none of {shapes}")
