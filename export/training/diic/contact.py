"""The contact sheet: per sample the frame to generate, the frame its segments come from, the segments, the words."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from export.training.diic.interleaved import written
from export.training.diic.sample import Sample
from export.training.diic.sources import Mask, Pixels

_TILE: Final = 160
_GAP: Final = 6
_TEXT: Final = 470
_SEGMENTS: Final = 3
_COLOURS: Final = ("#e6194b", "#0050ff", "#00a03c", "#f58231", "#911eb4")


def save_contact_sheet(samples: list[Sample], path: Path) -> None:
    """Write one row a sample: frame x_1 with boxes, frame 1 + t_ref with outlines, up to three segments, the prompt.

    A segment that is dropped from the prompt is crossed out, a dropped box is thin. ValueError without samples.
    """
    if not samples:
        raise ValueError("samples: there are none to show")
    width = (2 + _SEGMENTS) * (_TILE + _GAP) + _TEXT
    sheet = Image.new("RGB", (width, len(samples) * (_TILE + _GAP)), "white")
    for row, sample in enumerate(samples):
        tiles = [_opening(sample), _later(sample), *_segments(sample)]
        for column, tile in enumerate(tiles):
            sheet.paste(tile, (column * (_TILE + _GAP), row * (_TILE + _GAP)))
        _words(sheet, sample, ((2 + _SEGMENTS) * (_TILE + _GAP), row * (_TILE + _GAP)))
    sheet.save(path, optimize=True)


def _tile(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels).resize((_TILE, _TILE), Image.Resampling.BILINEAR)


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]


def _opening(sample: Sample) -> Image.Image:
    tile = _tile(sample.pair.first)
    draw = ImageDraw.Draw(tile)
    height, width = sample.pair.first.shape[:2]
    across, down = _TILE / width, _TILE / height
    for index, (instance, kept) in enumerate(zip(sample.pair.instances, sample.kept, strict=True)):
        left, top, right, bottom = instance.box.corners
        thick = 3 if kept.box else 1
        # Outside the box, so that the frame hides nothing of its thing, with a rim that shows on any colour.
        for grown, colour in ((thick + 1, "white"), (thick, _colour(index))):
            corners = (left * across - grown, top * down - grown, right * across + grown - 1, bottom * down + grown - 1)
            draw.rectangle(corners, outline=colour, width=grown)
    return tile


def outline(mask: Mask) -> Mask:
    """The pixels of `mask` [H, W] that touch a pixel outside it, or the picture's edge."""
    padded = np.pad(mask, 1)
    surrounded = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.asarray(mask & ~surrounded, dtype=np.bool_)


def _later(sample: Sample) -> Image.Image:
    pixels = sample.pair.later.copy()
    for index, instance in enumerate(sample.pair.instances):
        pixels[outline(instance.mask)] = ImageColor.getrgb(_colour(index))
    return _tile(pixels)


def _segments(sample: Sample) -> list[Image.Image]:
    tiles = []
    for index, (instance, kept) in enumerate(zip(sample.pair.instances, sample.kept, strict=True)):
        tile = _tile(instance.segment)
        draw = ImageDraw.Draw(tile)
        draw.rectangle((0, 0, _TILE - 1, _TILE - 1), outline=_colour(index), width=3 if kept.segment else 1)
        if not kept.segment:
            draw.line((0, 0, _TILE, _TILE), fill=_colour(index))
        tiles.append(tile)
    return tiles[:_SEGMENTS]


def _words(sheet: Image.Image, sample: Sample, corner: tuple[int, int]) -> None:
    names = [f"segment {index + 1}" for index in range(len(sample.pair.instances))]
    texts = (
        f"{sample.name}: {written(sample.parts, names)}",
        f"brief: {sample.rewrite.brief}",
        f"dense: {sample.rewrite.dense}",
    )
    lines = [line for text in texts for line in textwrap.wrap(text, 76)]
    ImageDraw.Draw(sheet).multiline_text(corner, "\n".join(lines), fill="black")
