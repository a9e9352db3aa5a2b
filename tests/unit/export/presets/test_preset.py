"""What a preset refuses when it is made, before anything is exported from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from export import presets
from export.presets import Preset, Serving


@pytest.fixture
def preset() -> Preset:
    return presets.load("wegen-7b")


def test_a_size_the_unet_cannot_halve_is_named(preset: Preset) -> None:
    """Height first in a bucket; a size is said width first, as callers say it."""
    with pytest.raises(ValueError, match=r"^wegen-7b: size 1016x1024: a side is no multiple of 32 pixels$"):
        replace(preset, serving=Serving(buckets=((1024, 1024), (1024, 1016))))


def test_a_deeper_unet_asks_more_of_the_same_sizes(preset: Preset) -> None:
    """As a checkpoint's own configuration may."""
    deeper = replace(
        preset.denoiser,
        channels=(320, 640, 1280, 1280, 1280),
        transformer_layers=(0, 2, 10, 10, 10),
        attention_heads=(5, 10, 20, 20, 20),
    )
    with pytest.raises(ValueError, match="a side is no multiple of 128 pixels"):
        replace(preset, denoiser=deeper)


def test_without_buckets_the_presets_own_size_counts(preset: Preset) -> None:
    with pytest.raises(ValueError, match="size 1000x1000: a side is no multiple of 32"):
        replace(preset, image_size=1000, serving=Serving())
