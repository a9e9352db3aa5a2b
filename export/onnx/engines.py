"""The four engines by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from export.networks import LanguageModel, VisionTower
from export.onnx import decoder, denoiser, language, vision
from export.onnx.graph import Graph
from export.onnx.precision import Precision
from export.presets import Preset


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine: its name, the network it is made of, and how to build its graph.

    `build` takes the network over and changes it (types, norms); the cache length is for the language model only.
    """

    name: str
    network: str
    build: Callable[[Any, Preset, Precision, int | None], Graph]


def engines() -> tuple[Engine, ...]:
    """All four, in the order in which a picture passes them."""
    return (
        Engine(vision.NAME, "vision", _vision),
        Engine(language.NAME, "language", _language),
        Engine(denoiser.NAME, "denoiser", _denoiser),
        Engine(decoder.NAME, "decoder", _decoder),
    )


def _vision(tower: VisionTower, preset: Preset, precision: Precision, span: int | None) -> Graph:
    del preset, span
    return vision.vision_graph(tower, precision)


def _language(model: LanguageModel, preset: Preset, precision: Precision, span: int | None) -> Graph:
    return language.language_graph(model, precision, preset.context, span)


def _denoiser(unet: nn.Module, preset: Preset, precision: Precision, span: int | None) -> Graph:
    del span
    return denoiser.denoiser_graph(unet, preset, precision)


def _decoder(vae: nn.Module, preset: Preset, precision: Precision, span: int | None) -> Graph:
    del span
    return decoder.decoder_graph(vae, preset, precision)
