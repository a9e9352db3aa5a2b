"""A seeded world of coloured shapes: scenes, their pictures and their captions."""

from export.training.world.captions import Brief, brief_of, dense_caption
from export.training.world.palette import BACKGROUND_COLOURS, OBJECT_COLOURS, RGB
from export.training.world.render import render, render_all
from export.training.world.scene import (
    POSITIONS,
    SHAPES,
    SIZES,
    STYLES,
    TEXTURES,
    Background,
    Scene,
    Thing,
    random_scene,
)
from export.training.world.splits import Split, scene_at
from export.training.world.styles import styled_at

__all__ = [
    "BACKGROUND_COLOURS",
    "OBJECT_COLOURS",
    "POSITIONS",
    "RGB",
    "SHAPES",
    "SIZES",
    "STYLES",
    "TEXTURES",
    "Background",
    "Brief",
    "Scene",
    "Split",
    "Thing",
    "brief_of",
    "dense_caption",
    "random_scene",
    "render",
    "render_all",
    "scene_at",
    "styled_at",
]
