"""What runs the graphs: the protocols that ONNX Runtime implements today and TensorRT can implement."""

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
        """Feed one position to each of the slots 0..count-1. A row's outputs are the same in any batch."""

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
    """Inputs of a denoising step, a row for each slot: the loop writes them, a step replaces its latents.

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

    @classmethod
    def empty(cls, rows: int, latents: tuple[int, ...], features: tuple[int, int]) -> DenoiserRows:
        """Zeros."""
        return cls(
            latents=np.zeros((rows, *latents), np.float32),
            sigma=np.zeros(rows, np.float32),
            sigma_next=np.zeros(rows, np.float32),
            timestep=np.zeros(rows, np.float32),
            features=np.zeros((rows, *features), np.float32),
            time_ids=np.zeros((rows, 6), np.float32),
            guidance=np.zeros(rows, np.float32),
        )

    def move(self, source: int, target: int) -> None:
        """Copy row `source` over row `target`."""
        for name in self.__slots__:
            array: Floats = getattr(self, name)
            array[target] = array[source]


class DenoiserRuntime(Protocol):
    """The fused UNet step."""

    @property
    def rows(self) -> DenoiserRows:
        """Where inputs are written and latents are read."""

    def step(self, first: int, count: int) -> None:
        """Advance rows first..first+count-1 by the step their inputs describe."""
