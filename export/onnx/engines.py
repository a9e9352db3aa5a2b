"""The four engines by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from torch import nn

from export.networks import LanguageModel, VisionTower
from export.onnx import decoder, denoiser, language, vision
from export.onnx.deferred import Outline, deferred
from export.onnx.graph import Graph
from export.onnx.precision import Precision
from export.presets import Preset

Build = Callable[[Any, Preset, Precision, int | None], Graph]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine: its name, the network it is made of, and how to build its graph.

    `build` takes the network over and changes it (types, norms); the cache length is for the language model only.
    `parts` has the network's names for what a parameter of the graph's module is made of.
    """

    name: str
    network: str
    build: Build
    parts: Callable[[str], tuple[str, ...]]

    def graph(self, outline: Outline, preset: Preset, precision: Precision, span: int | None) -> Graph:
        """The graph of an outlined network, its weights read when it is written."""
        graph = self.build(outline.module, preset, precision, span)
        names = (name for name, _ in graph.module.named_parameters())
        return replace(graph, deferred=deferred(names, self.parts, outline.reads, graph.scales))


def engines() -> tuple[Engine, ...]:
    """All four, in the order in which a picture passes them."""
    return (
        Engine(vision.NAME, "vision", _vision, partial(_without, "tower.")),
        Engine(language.NAME, "language", _language, language.parts),
        Engine(denoiser.NAME, "denoiser", _denoiser, partial(_without, "unet.")),
        Engine(decoder.NAME, "decoder", _decoder, partial(_without, "")),
    )


def _without(prefix: str, name: str) -> tuple[str, ...]:
    return (name.removeprefix(prefix),)


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
