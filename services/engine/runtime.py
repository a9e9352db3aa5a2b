"""What runs the graphs: the protocols that ONNX Runtime and TensorRT implement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from services.engine.arrays import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class LanguageRows:
    """Inputs of a decode step, a row for each slot; the loop writes them in place.

    ids [slots], features [slots, D], is_feature [slots], past_length [slots] (entries already in the cache).
    """

    ids: Ints
    features: Floats
    is_feature: Bools
    past_length: Ints

    @classmethod
    def empty(cls, slots: int, width: int) -> LanguageRows:
        """Zeros."""
        return cls(
            ids=np.zeros(slots, np.int64),
            features=np.zeros((slots, width), np.float32),
            is_feature=np.zeros(slots, np.bool_),
            past_length=np.zeros(slots, np.int64),
        )

    def move(self, source: int, target: int) -> None:
        """Copy row `source` over row `target`."""
        for array in (self.ids, self.features, self.is_feature, self.past_length):
            array[target] = array[source]


@dataclass(frozen=True, slots=True)
class LanguageOutput:
    """logits [rows, vocab] and features [rows, D]; valid, and free to write into, until the next call."""

    logits: Floats
    features: Floats


@dataclass(frozen=True, slots=True)
class PromptChunk:
    """Consecutive prompt positions of one sequence: ids [T], features [T, D], is_feature [T], first position."""

    ids: Ints
    features: Floats
    is_feature: Bools
    past_length: int


class LanguagePool(Protocol):
    """Cache slots of one length, `span` entries each."""

    @property
    def span(self) -> int:
        """Entries of a slot."""

    @property
    def slots(self) -> int:
        """How many there are."""

    @property
    def rows(self) -> LanguageRows:
        """Where the inputs of the next decode step are written."""

    def decode(self, count: int) -> LanguageOutput:
        """Feed one position to each of the slots 0..count-1.

        A row's outputs do not depend on its company: in ONNX Runtime to the last bit, in TensorRT within rounding
        (its kernels may be others for another number of rows).
        """

    def prefill(self, slot: int, chunk: PromptChunk) -> LanguageOutput:
        """Feed several positions to one slot; the output, one row, is that of the last of them."""

    def copy(self, source: int, first: int, count: int, length: int) -> None:
        """Copy the first `length` entries of slot `source` to the `count` slots from `first` on."""

    def clear(self, slot: int) -> None:
        """Make a slot's contents finite again after a step that failed."""


class LanguageRuntime(Protocol):
    """The LLaMA graph over its caches, shortest span first."""

    @property
    def pools(self) -> Sequence[LanguagePool]:
        """The caches."""


@dataclass(frozen=True, slots=True)
class DenoiserRows:
    """Inputs of a denoising step, a row for each slot, written by the loop. Latents after a step: `latents(row)`.

    latents [rows, 4, h, w], sigma, sigma_next, timestep and guidance [rows],
    features [rows, 64, D], time_ids [rows, 6].
    """

    latents: Floats
    sigma: Floats
    sigma_next: Floats
    timestep: Floats
    features: Floats
    time_ids: Floats
    guidance: Floats

    @staticmethod
    def shapes(rows: int, latents: tuple[int, ...], features: tuple[int, int]) -> dict[str, tuple[int, ...]]:
        """The arrays' shapes, from those of a row's latents and features."""
        scalars = dict.fromkeys(("sigma", "sigma_next", "timestep", "guidance"), (rows,))
        return {"latents": (rows, *latents), "features": (rows, *features), "time_ids": (rows, 6), **scalars}

    @classmethod
    def empty(cls, rows: int, latents: tuple[int, ...], features: tuple[int, int]) -> DenoiserRows:
        """Zeros."""
        shapes = cls.shapes(rows, latents, features)
        return cls(**{name: np.zeros(shape, np.float32) for name, shape in shapes.items()})

    def move(self, source: int, target: int) -> None:
        """Copy row `source` over row `target`."""
        for name in self.__slots__:
            array: Floats = getattr(self, name)
            array[target] = array[source]


class DenoiserPool(Protocol):
    """Rows of one picture size under the fused UNet step."""

    @property
    def rows(self) -> DenoiserRows:
        """Where inputs are written."""

    def put(self, row: int) -> None:
        """Latents and features of a row were written: take them. All other inputs are read at each step."""

    def move(self, source: int, target: int) -> None:
        """Copy row `source` over row `target`, inputs and latents."""

    def latents(self, row: int) -> Floats:
        """A row's latents [4, h, w] as they are now, the caller's own."""

    def step(self, first: int, count: int) -> None:
        """Advance rows first..first+count-1 by the step their inputs describe."""


class DenoiserRuntime(Protocol):
    """The UNet's graph over its rows, a pool for each size that was asked for, in that order."""

    @property
    def pools(self) -> Sequence[DenoiserPool]:
        """The rows."""
