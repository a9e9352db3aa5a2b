"""What every suite asks of whom it measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.quality.picture import Picture
from bench.quality.subjects.strategy import Strategy

Content = Sequence[str | Picture]
"""A message: words, and pictures where they are meant."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who was measured: `weights` are SHA-256 by file, `random` where a network was never trained."""

    kind: str
    preset: str
    weights: Mapping[str, str]
    steps: int
    guidance: float


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture and the rewrite it was painted from; empty where nothing was rewritten."""

    picture: Picture
    rewrite: str = ""


class Subject(Protocol):
    """A model that paints and answers. The same call with the same seed gives the same answer."""

    @property
    def identity(self) -> Identity:
        """Preset, weights and settings."""

    def paint(self, wish: str, strategy: Strategy, seed: int) -> Painted:
        """A picture of `wish`; the seed rules rewriting and noise."""

    def compose(self, content: Content, seed: int) -> Picture:
        """A picture in answer to words and references: an edit, or subjects in a new place."""

    def answer(self, content: Content) -> str:
        """The likeliest answer in words."""


class Reconstructor(Protocol):
    """A model whose decoder can be reached alone."""

    def reconstruct(self, picture: Picture, seed: int) -> Picture:
        """A picture through its 64 features and back (WeGen section 3.2, Fig. 6a)."""
