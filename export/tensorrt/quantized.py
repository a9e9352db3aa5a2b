"""Graphs that ModelOpt has quantized, in place of the typed ones of the same engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from export.presets import Preset
from export.tensorrt.build import graph_files, read_graph_of
from export.tensorrt.graph import GraphFile
from export.tensorrt.problem import PreflightError
from export.tensorrt.profile import ENGINES

_REMEDY = "write it with `python -m export.quantization`"


def quantized_graphs(folder: Path, preset: Preset) -> dict[str, GraphFile]:
    """Those in `folder`, by engine; PreflightError if there are none, or one is not quantized or another preset's."""
    files = {name: path for name, path in graph_files(folder, ENGINES).items() if path.is_file()}
    if not files:
        raise PreflightError([f"{folder} holds no quantized graph: {_REMEDY}"])
    graphs = {name: read_graph_of(preset, name, path) for name, path in files.items()}
    plain = [f"{graph.path} is not quantized: {_REMEDY}" for graph in graphs.values() if not graph.facts.quantization]
    if plain:
        raise PreflightError(plain)
    return graphs


def check_weights(graphs: Mapping[str, GraphFile], weights: str) -> None:
    """PreflightError for graphs that were made of other weights than those that `weights` stands for."""
    foreign = [
        f"{graph.path} was made of other weights than the rest: {_REMEDY}"
        for graph in graphs.values()
        if graph.facts.weights != weights
    ]
    if foreign:
        raise PreflightError(foreign)
