"""What activations are measured on: steps of real pictures, early and late, at several strengths of guidance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime as ort
from tqdm import tqdm

from export.presets import Preset
from export.quantization.trajectory import Floats, Wish, steps

GUIDANCES = (2.0, 3.0, 5.0, 7.0)
"""The published runs' range."""


def wishes(features: Floats) -> list[Wish]:
    """One wish for each row of features [N, 64, D], guidance and seed in turn."""
    return [Wish(row, 1000 + i, GUIDANCES[i % len(GUIDANCES)]) for i, row in enumerate(features)]


def calibration(
    denoiser: ort.InferenceSession, preset: Preset, drawn: Sequence[Wish], every: int
) -> dict[str, dict[str, Floats]]:
    """Inputs by engine and name, a row for every `every`th step and the last (denoiser), for each picture (decoder)."""
    rows: list[dict[str, Floats]] = []
    ends: list[Floats] = []
    for number, wish in enumerate(tqdm(drawn, desc="calibration", leave=False, disable=None)):
        path = list(steps(denoiser, preset, wish, preset.steps))
        # other steps of other pictures, so that together they cover all
        chosen = {*range(number % every, len(path), every), len(path) - 1}
        rows += [dict(path[index][0]) for index in sorted(chosen)]
        ends.append(path[-1][1])
    stacked = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    return {"sdxl_denoiser": stacked, "vae_decoder": {"latents": np.stack(ends)}}
