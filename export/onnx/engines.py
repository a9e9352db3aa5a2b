"""The four engines by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from export.onnx import decoder, denoiser, language, vision
from export.onnx.graph import Graph
from export.onnx.precision import Precision
from export.presets import Preset
from export.weights import Networks


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine: its name, the weights file it is made of, and how to build its graph."""

    name: str
    network: str
    build: Callable[[Networks, Preset, Precision, int | None], Graph]


def engines() -> tuple[Engine, ...]:
    """All four, in the order in which a picture passes them."""
    return (
        Engine(vision.NAME, "vision", lambda n, _p, t, _s: vision.vision_graph(n.vision, t)),
        Engine(language.NAME, "language", lambda n, _p, t, span: language.language_graph(n.language, t, span)),
        Engine(denoiser.NAME, "denoiser", lambda n, p, t, _s: denoiser.denoiser_graph(n.denoiser, p, t)),
        Engine(decoder.NAME, "decoder", lambda n, p, t, _s: decoder.decoder_graph(n.decoder, p, t)),
    )
