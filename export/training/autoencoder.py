"""Stage `vae`: the autoencoder whose latents the denoiser works in."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from export.training.dataset import Pictures, to_signed
from export.training.pictures import Point, spots_of
from export.training.precision import mixed_precision
from export.training.spread import Spread
from export.training.world.render import texture_mask
from export.training.world.scene import TEXTURES

_CROP = 64
_ALIGN = 8
_KL_WEIGHT = 5e-4
_EDGE_WEIGHT = 1.0
_GUIDE_STEPS = 800
_GUIDE_FLOOR = 0.02
_GUIDE_END = 3000
_QUIET = -5.0
_NOISE = 0.2
_TEXTURE_WEIGHT = 3.0


def edge_loss(image: Tensor, target: Tensor) -> Tensor:
    """L1 between the horizontal and vertical differences of two pictures [B, 3, H, W]: sharp outlines."""
    across = (image.diff(dim=3) - target.diff(dim=3)).abs().mean()
    return across + (image.diff(dim=2) - target.diff(dim=2)).abs().mean()


def textures(side: int = _ALIGN) -> Tensor:
    """One cell [K, side, side] of each pattern of the world, scaled so that its inner product with itself is 1."""
    cells = torch.stack([torch.from_numpy(texture_mask(name, side)) for name in TEXTURES if name != "plain"]).float()
    cells = cells - cells.mean((1, 2), keepdim=True)
    return cells / cells.square().sum((1, 2), keepdim=True)


@lru_cache(maxsize=2)
def _kernel(device: torch.device) -> Tensor:
    return textures().to(device)


def texture_loss(image: Tensor, target: Tensor) -> Tensor:
    """Squared error of how strongly every cell of two pictures [B, 3, H, W] shows each pattern.

    Under L1 a pattern that is not certain is best left out, so a decoder that does not paint the dots of a small thing
    never asks its encoder for them. A square pulls it towards them from the first step.
    """
    error = image - target
    kernel = _kernel(error.device).repeat(error.shape[1], 1, 1).unsqueeze(1)
    return F.conv2d(error, kernel, stride=_ALIGN, groups=error.shape[1]).square().mean()


def picture_losses(image: Tensor, target: Tensor) -> dict[str, Tensor]:
    """Pixels, edges and textures of pictures [B, 3, H, W] against the true ones, and as `loss` their weighted sum."""
    pixel, edge, texture = F.l1_loss(image, target), edge_loss(image, target), texture_loss(image, target)
    loss = pixel + _EDGE_WEIGHT * edge + _TEXTURE_WEIGHT * texture
    return {"loss": loss, "pixel": pixel, "edge": edge, "texture": texture}


def corners(spots: list[list[Point]], side: int) -> list[tuple[int, int]]:
    """For each picture the corner (x, y) of a crop around one of its spots, on the latent grid, drawn by torch."""
    found = []
    for points in spots:
        spot = points[int(torch.randint(len(points), ()))]
        drawn = torch.randint(-_CROP // 4, _CROP // 4 + 1, (2,)).tolist()
        centre = (position + offset for position, offset in zip(spot, drawn, strict=True))
        x, y = (min(max(0, at - _CROP // 2), side - _CROP) // _ALIGN * _ALIGN for at in centre)
        found.append((x, y))
    return found


def crops(pixels: Tensor, spots: list[list[Point]]) -> Tensor:
    """One 64 x 64 crop of each picture [B, 3, H, W]; outlines are what is hard, so each holds some of a thing."""
    places = zip(pixels, corners(spots, pixels.shape[-1]), strict=True)
    return torch.stack([image[:, y : y + _CROP, x : x + _CROP] for image, (x, y) in places])


def mosaic(images: Tensor) -> Tensor:
    """Pictures [B, 3, H, W] whose quarters come from four neighbours in the batch.

    Group norms see little of a flat colour, and a network fed mostly with flat crops learns its colours very slowly.
    A mosaic always holds several colours side by side.
    """
    half = images.shape[-1] // 2
    mixed = images.clone()
    for turn, (top, left) in enumerate(((0, 0), (0, half), (half, 0), (half, half))):
        quarter = (..., slice(top, top + half), slice(left, left + half))
        mixed[quarter] = images.roll(turn, 0)[quarter]
    return mixed


def guide_loss(latents: Tensor, target: Tensor) -> Tensor:
    """Squared distance between the first three latents and twice the mean colour of each latent's cell.

    Left to itself the small network spends thousands of steps in a plateau where latents carry brightness alone;
    told where to put the colour, it starts from there.
    """
    return F.mse_loss(latents[:, :3], 2.0 * F.avg_pool2d(target, target.shape[-1] // latents.shape[-1]))


def shaken(latents: Tensor) -> Tensor:
    """Latents [B, 4, h, w] with noise of a random strength for each picture, measured in the latents' own deviation.

    A denoiser leaves a small error on every latent. Noise that the encoder cannot outgrow by scaling its latents up
    makes it spend their range on what the eye sees: an outline must not hang on a hundredth of it.
    """
    strength = _NOISE * torch.rand(len(latents), 1, 1, 1, device=latents.device) * latents.detach().std()
    return latents + strength * torch.randn_like(latents)


class AutoencoderObjective:
    """L1 on pixels and on edges, squares on textures, and a small KL that keeps the latents smooth.

    Small crops: the network is convolutional, and a crop costs a quarter of a picture. A `fresh` network is helped over
    its first steps; one that has learned already is not.
    """

    name = "vae"

    def __init__(
        self,
        decoder: Any,  # noqa: ANN401 - diffusers' classes are untyped
        pictures: Pictures,
        device: torch.device,
        *,
        fresh: bool = True,
        spread: Spread = map,
    ) -> None:
        self.module = decoder.to(device)
        self.pixels, self.device = pictures.resident(device), device
        self.examples, self.spots = len(pictures), list(spread(spots_of, pictures.recipes))
        self._fresh = fresh
        if not fresh:
            return
        # Start with little noise on the latents: a random encoder's signal would drown in unit noise.
        torch.nn.init.constant_(decoder.quant_conv.bias[decoder.config["latent_channels"] :], _QUIET)

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
        """Losses of one batch."""
        target = crops(
            to_signed(self.pixels[indices.to(self.device)], self.device),
            [self.spots[index] for index in indices.tolist()],
        )
        mixed = len(target) // 4
        target = torch.cat([mosaic(target)[:mixed], target[mixed:]])
        target = target.contiguous(memory_format=torch.channels_last)
        with mixed_precision(self.device):
            posterior = self.module.encode(target).latent_dist
            latents = posterior.mean.float()
            image = self.module.decode(shaken(latents)).sample.float()
        losses = picture_losses(image, target)
        kl = posterior.kl().float().mean() / latents[0].numel()
        guide = guide_loss(latents, target)
        guided = max(_GUIDE_FLOOR, 1.0 - step / _GUIDE_STEPS) if self._fresh and step < _GUIDE_END else 0.0
        loss = losses["loss"] + _KL_WEIGHT * kl + guided * guide
        return {**losses, "loss": loss, "kl": kl, "guide": guide}


@torch.no_grad()
def encode(decoder: Any, images: Tensor) -> Tensor:  # noqa: ANN401 - diffusers' classes are untyped
    """Unscaled latents [B, 4, h, w] of images [B, 3, H, W] in -1..1: the posterior's mode, without noise."""
    mode: Tensor = decoder.encode(images).latent_dist.mode()
    return mode


def unit_scale(decoder: Any, images: Tensor) -> float:  # noqa: ANN401 - diffusers' classes are untyped
    """The scaling factor that brings the latents of `images` to unit variance."""
    return float(1.0 / encode(decoder, images).std())


@torch.no_grad()
def rescale(decoder: Any, factor: float) -> None:  # noqa: ANN401 - diffusers' classes are untyped
    """Multiply the latents by `factor`: what the encoder gives, and what the decoder takes for the same picture.

    A preset has its scaling factor before anything is trained; the autoencoder is brought to it.
    """
    latent = decoder.config["latent_channels"]
    decoder.quant_conv.weight[:latent].mul_(factor)
    decoder.quant_conv.bias[:latent].mul_(factor)
    decoder.quant_conv.bias[latent:].add_(2.0 * math.log(factor))
    decoder.post_quant_conv.weight.div_(factor)
