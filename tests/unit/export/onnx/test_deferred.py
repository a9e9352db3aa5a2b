"""Weights that are read when a graph is written: never many of them in memory."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from export.onnx import exporter, language
from export.onnx.deferred import Outline, is_placeholder, placeholder
from export.onnx.engines import Engine, engines
from export.onnx.exporter import ExportError, export, write
from export.onnx.precision import Precision
from export.presets import Preset
from export.weights import random_network

pytestmark = pytest.mark.graphs

SMALLEST = 2000
ENGINES = {engine.name: engine for engine in engines()}


def outline(preset: Preset, engine: Engine, dtype: torch.dtype, read: Callable[[Tensor], Tensor]) -> Outline:
    """The network of `random_network`, its larger weights answered by `read`."""
    module = random_network(preset, engine.network)
    state = module.state_dict()
    large = {name: weight for name, weight in state.items() if weight.numel() >= SMALLEST}
    assert large
    rest = {name: placeholder(weight.shape, dtype) if name in large else weight for name, weight in state.items()}
    module.load_state_dict(rest, strict=True, assign=True)
    return Outline(module, {name: partial(read, weight) for name, weight in large.items()})


def test_at_most_what_one_weight_is_joined_of_is_in_memory(
    preset: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peak does not grow with the layers: it is one weight's own parts, queries, keys and values at most."""
    monkeypatch.setattr(exporter, "LIMIT", 0)
    alive, peak = set[int](), 0

    def read(weight: Tensor) -> Tensor:
        nonlocal peak
        copied = weight.clone()
        alive.add(id(copied))
        weakref.finalize(copied, alive.discard, id(copied))
        peak = max(peak, len(alive))
        return copied

    deep = replace(preset, language=replace(preset.language, layers=4))
    engine = ENGINES[language.NAME]
    graph = engine.graph(outline(deep, engine, torch.float16, read), deep, Precision.FP16, 160)
    large = [weight for weight in graph.module.parameters() if weight.numel() >= SMALLEST]
    assert len(large) == len(graph.deferred)
    assert all(is_placeholder(weight) for weight in large)
    path = tmp_path / "language.onnx"
    assert write(graph, path, "", None) == path.stat().st_size + path.with_name("language.onnx.data").stat().st_size
    assert peak == 3
    assert not alive


def test_a_weight_without_effect_is_named(preset: Preset) -> None:
    engine = ENGINES[language.NAME]
    graph = engine.graph(outline(preset, engine, torch.float16, lambda weight: weight), preset, Precision.FP16, 160)
    foreign = replace(graph, deferred={**graph.deferred, "layers.9.qkv": lambda: torch.zeros(1)})
    with pytest.raises(ExportError, match=r"no effect of engine\.layers\.9\.qkv"):
        export(foreign)
