"""What 8 bits cost: the same pictures by the graph before and by the graph after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tqdm import tqdm

from export.presets import Preset
from export.quantization.trajectory import Floats, Wish, decode, steps
from export.signal import bounded_psnr

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Pictures before and after; `errors` is for each step the latents' root mean square error over their deviation."""

    before: list[Picture]
    after: list[Picture]
    errors: list[float]

    @property
    def psnr(self) -> list[float]:
        """Of each picture, in dB, at most `IDENTICAL_DB`."""
        return [bounded_psnr(first, second) for first, second in zip(self.before, self.after, strict=True)]

    def summary(self) -> dict[str, float | list[float]]:
        """Numbers for a report."""
        found: dict[str, float | list[float]] = {"pictures": len(self.before), "psnr_mean": mean(self.psnr)}
        found |= {"psnr_worst": min(self.psnr)}
        return found | ({"latents_error_by_step": self.errors} if self.errors else {})


def denoiser_accuracy(
    before: ort.InferenceSession,
    after: ort.InferenceSession,
    decoder: ort.InferenceSession,
    preset: Preset,
    wishes: Sequence[Wish],
) -> Accuracy:
    """Whole pictures by each denoiser, from the same noise; both are decoded by one decoder."""
    pictures: tuple[list[Picture], list[Picture]] = ([], [])
    errors: list[list[float]] = []
    for wish in tqdm(wishes, desc="accuracy", leave=False, disable=None):
        paths = [[latents for _, latents in steps(each, preset, wish, preset.steps)] for each in (before, after)]
        for shelf, path in zip(pictures, paths, strict=True):
            shelf.append(decode(decoder, path[-1]))
        errors.append([_error(first, second) for first, second in zip(*paths, strict=True)])
    first, second = pictures
    return Accuracy(first, second, [float(each) for each in np.mean(errors, axis=0)])


def decoder_accuracy(before: ort.InferenceSession, after: ort.InferenceSession, latents: Floats) -> Accuracy:
    """Pictures by each decoder, from latents [N, 4, h, w]."""
    return Accuracy([decode(before, row) for row in latents], [decode(after, row) for row in latents], [])


def _error(wanted: Floats, found: Floats) -> float:
    return float(np.sqrt(((wanted - found) ** 2).mean()) / wanted.std())
