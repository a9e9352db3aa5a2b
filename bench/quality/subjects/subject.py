"""What every suite asks of whom it measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.quality.picture import Picture
from bench.quality.subjects.message import Message, Reply


@dataclass(frozen=True, slots=True)
class Identity:
    """Who was measured: `weights` are SHA-256 by file, `random` where a network was never trained."""

    kind: str
    preset: str
    weights: Mapping[str, str]
    steps: int
    guidance: float


class Subject(Protocol):
    """A model that paints and talks. The same message with the same seed gets the same reply, alone or among others."""

    @property
    def identity(self) -> Identity:
        """Preset, weights and settings."""

    def reply(self, messages: Sequence[Message]) -> list[Reply]:
        """A reply to each of some messages of different conversations; several at once are faster than one by one."""


class Reconstructor(Protocol):
    """A model whose decoder can be reached alone."""

    def reconstruct(self, pictures: Sequence[Picture], seeds: Sequence[int]) -> list[Picture]:
        """Pictures through their 64 features and back (WeGen section 3.2, Fig. 6a)."""
