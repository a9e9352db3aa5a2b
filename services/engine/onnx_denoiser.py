"""The fused UNet step in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort

from services.engine.arrays import Floats
from services.engine.canvas import LatentShape
from services.engine.onnx_session import bind, open_session
from services.engine.runtime import DenoiserRows
from services.settings import SettingsError


class OnnxDenoiserRuntime:
    """One graph, and `rows` rows for each shape of latents [4, h, w]; memory that is never used is never touched."""

    def __init__(
        self, graph: Path, *, rows: int, latents: Sequence[LatentShape], features: tuple[int, int], threads: int
    ) -> None:
        session = open_session(graph, threads)
        _check_shapes(graph, session, latents)
        self.pools = [OnnxDenoiserPool(session, DenoiserRows.empty(rows, shape, features)) for shape in latents]


class OnnxDenoiserPool:
    """Rows that numpy owns, bound where they lie; new latents replace the old ones after each call."""

    def __init__(self, session: ort.InferenceSession, rows: DenoiserRows) -> None:
        self.rows = rows
        self._session = session
        self._output: Floats = np.zeros_like(rows.latents)
        self._bindings: dict[tuple[int, int], ort.IOBinding] = {}

    def put(self, row: int) -> None:
        """Nothing to do: a step reads the rows where they were written."""

    def move(self, source: int, target: int) -> None:
        """Copy row `source` over row `target`."""
        self.rows.move(source, target)

    def latents(self, row: int) -> Floats:
        """A row's latents."""
        latents: Floats = self.rows.latents[row].copy()
        return latents

    def step(self, first: int, count: int) -> None:
        """Advance rows first..first+count-1."""
        key = (first, first + count)
        if key not in self._bindings:
            self._bindings[key] = self._bind(*key)
        self._session.run_with_iobinding(self._bindings[key])
        self.rows.latents[first : first + count] = self._output[first : first + count]

    def _bind(self, low: int, high: int) -> ort.IOBinding:
        inputs = {name: getattr(self.rows, name)[low:high] for name in DenoiserRows.__slots__}
        return bind(self._session, inputs, {"latents_out": self._output[low:high]})


def _check_shapes(graph: Path, session: ort.InferenceSession, latents: Sequence[LatentShape]) -> None:
    """SettingsError for a shape that the graph, traced at one size, does not take."""
    (found,) = (one.shape[1:] for one in session.get_inputs() if one.name == "latents")
    for shape in latents:
        if any(isinstance(have, int) and have != want for have, want in zip(found, shape, strict=True)):
            raise SettingsError(
                f"{graph}: latents are {list(found)}, the manifest wants {list(shape)} too: "
                "run `python -m export build` again"
            )
