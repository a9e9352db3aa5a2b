"""From fp32 graphs and prompts to quantized graphs and a report of what they cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as faults

from export.onnx import denoiser
from export.onnx.facts import Facts
from export.quantization.accuracy import Accuracy, decoder_accuracy, denoiser_accuracy
from export.quantization.calibration import calibration, wishes
from export.quantization.graph import mark, quantize_graph
from export.quantization.mode import Mode, Rest
from export.quantization.process import ModelOpt
from export.quantization.source import ENGINES, Repository
from export.quantization.trajectory import Floats, Wish, open_graph, steps

REPORT = "quantization.json"
FIRST_SEED = 5000


@dataclass(frozen=True, slots=True)
class Run:
    """Quantized graphs and the report go to `out`; what is not quantized is in `rest`."""

    source: Repository
    out: Path
    tool: ModelOpt
    rest: Rest
    threads: int

    def quantize(self, modes: Mapping[str, Mode], features: Floats, every: int, patterns: Sequence[str]) -> None:
        """Write each engine of `modes`, calibrated on pictures of features [N, 64, D], every `every`th step of each."""
        self.out.mkdir(parents=True, exist_ok=True)
        preset, graphs = self.source.preset, self.source.graphs
        drawn = calibration(self.open(graphs[denoiser.NAME]), preset, wishes(features), every)
        for name, mode in modes.items():
            facts = Facts(preset.name, self.rest.value, self.source.weights, mode.value)
            quantize_graph(self.tool, graphs[name], self.graph(name), facts, data=drawn[name], patterns=patterns)

    def measure(self, modes: Mapping[str, Mode], features: Floats) -> dict[str, Accuracy | None]:
        """What each quantized engine costs by itself, on pictures of features [N, 64, D] by the preset's guidance.

        None where ONNX Runtime has no kernel for the graph: it has none for some operators in FP8.
        """
        preset = self.source.preset
        before, vae = (self.open(self.source.graphs[name]) for name in ENGINES)
        drawn = [Wish(row, FIRST_SEED + number, preset.guidance) for number, row in enumerate(features)]
        found: dict[str, Accuracy | None] = {}
        for name in modes:
            try:
                after = self.open(self.graph(name))
            except faults.NotImplemented:
                found[name] = None
                continue
            if name == denoiser.NAME:
                found[name] = denoiser_accuracy(before, after, vae, preset, drawn)
            else:
                ends = [list(steps(before, preset, wish, preset.steps))[-1][1] for wish in drawn]
                found[name] = decoder_accuracy(vae, after, np.stack(ends))
        return found

    def finish(self, modes: Mapping[str, Mode]) -> None:
        """Make what was measured TensorRT's."""
        for name in modes:
            mark(self.graph(name))

    def graph(self, name: str) -> Path:
        """Where a quantized graph goes."""
        return self.out / f"{name}.onnx"

    def open(self, path: Path) -> ort.InferenceSession:
        """A graph on the CPU."""
        return open_graph(path, self.threads)


def write_report(out: Path, content: Mapping[str, Any]) -> Path:
    """Write aside, then rename; returns the path."""
    path = out / REPORT
    aside = path.with_suffix(".partial")
    aside.write_text(json.dumps(content, indent=1) + "\n")
    aside.replace(path)
    return path
