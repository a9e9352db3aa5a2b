"""The fp32 graphs that quantization begins with: those of a model repository for ONNX Runtime."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export import manifest, presets
from export.digest import weights_digest
from export.onnx import decoder, denoiser
from export.presets import Preset
from export.quantization.problem import QuantizationError

ENGINES = (denoiser.NAME, decoder.NAME)


@dataclass(frozen=True, slots=True)
class Repository:
    """Graphs by engine, of `preset`; `weights` changes with any of its weights."""

    preset: Preset
    graphs: dict[str, Path]
    weights: str

    @classmethod
    def open(cls, folder: Path) -> Repository:
        """QuantizationError if `folder` holds no graphs in fp32 with a manifest."""
        path, remedy = folder / manifest.FILE, "write them with `python -m export build`"
        if not path.is_file():
            raise QuantizationError(f"{path} does not exist, so there are no graphs to quantize: {remedy}")
        content: dict[str, Any] = json.loads(path.read_text())
        graphs = {name: folder / content["graphs"][name]["file"] for name in ENGINES}
        for name, graph in graphs.items():
            if content["graphs"][name]["precision"] != "fp32" or not graph.is_file():
                raise QuantizationError(f"{folder} has no {name} in fp32: {remedy}")
        return cls(presets.load(content["preset"]), graphs, weights_digest(content["weights"]))
