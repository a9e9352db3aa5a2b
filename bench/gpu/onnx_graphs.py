"""The same cases by ONNX Runtime, for machines that have a GPU and no TensorRT plans."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from bench.gpu.beside import keep, series
from bench.gpu.run import DECODE, DECODER, UNET, VISION, Run

PROVIDERS = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}
_GRAPHS = {DECODE: "llama_feature_generator", UNET: "sdxl_denoiser", VISION: "eva_clip", DECODER: "vae_decoder"}
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


class BoundGraph:
    """A graph whose inputs and outputs stay on the device; a cache's past and present are the same memory.

    `sizes` are those of its open axes; `length` is every row's length so far, where it has a cache.
    """

    def __init__(
        self, session: ort.InferenceSession, sizes: Mapping[str, int], device: str, *, length: int = 0
    ) -> None:
        self._session, self._binding = session, session.io_binding()
        self._inputs: dict[str, ort.OrtValue] = {}
        for item in session.get_inputs():
            if item.type not in _TYPES:
                raise ValueError(f"{item.name} is of {item.type}, which this bench does not fill: export in fp16")
            shape = [sizes.get(axis, axis) for axis in item.shape]
            array = np.full(shape, length if item.name == "past_length" else 0, _TYPES[item.type])
            value = ort.OrtValue.ortvalue_from_numpy(array, device, 0)
            self._binding.bind_ortvalue_input(item.name, value)
            self._inputs[item.name] = value
        for item in session.get_outputs():
            past = item.name.replace("present_", "past_")
            if past in self._inputs:
                self._binding.bind_ortvalue_output(item.name, self._inputs[past])
            else:
                self._binding.bind_output(item.name, device)

    def value(self, name: str) -> NDArray[Any]:
        """What an input holds now."""
        found: NDArray[Any] = self._inputs[name].numpy()
        return found

    def run(self) -> None:
        """Once, to its end."""
        self._session.run_with_iobinding(self._binding)
        self._binding.synchronize_outputs()


def measure_graphs(run: Run, folder: Path) -> None:
    """Add to `run` what typed graphs (`python -m export graphs`) take; a graph that fails is told as left out."""
    device = run.clock.device.type
    backend = f"ONNX Runtime, {PROVIDERS[device]}"
    for name, engine in _GRAPHS.items():
        run.attempt(name, run.batches(name)[0], lambda: _measure(run, folder / f"{engine}.onnx", name, backend))  # noqa: B023


def _measure(run: Run, path: Path, name: str, backend: str) -> None:
    device, factor = run.clock.device.type, run.preset.decoder.factor
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, [PROVIDERS[device]])
    if PROVIDERS[device] not in session.get_providers():
        raise RuntimeError(f"this ONNX Runtime has no {PROVIDERS[device]}")
    side = run.preset.image_size // factor
    for batch in run.batches(name):
        sizes = {"batch": batch, "tokens": 1, "span": run.span, "height": side, "width": side}
        graph = BoundGraph(session, sizes, device, length=run.span - 1)
        keep(run, backend, name, batch, series(graph.run, run.repeats))
