"""What suites measure with: what is always there, and what a path must give."""

from __future__ import annotations

from dataclasses import dataclass

from bench.quality.encoders.encoder import ImageEncoder, TextImageEncoder
from bench.quality.measures.perceptual import Perceptual


@dataclass(frozen=True, slots=True)
class Instruments:
    """`likeness` is our own tower; `clip`, `dino` and `inception` are None where no path was given."""

    perceptual: Perceptual
    likeness: ImageEncoder
    clip: TextImageEncoder | None = None
    dino: ImageEncoder | None = None
    inception: ImageEncoder | None = None

    @property
    def fidelity(self) -> dict[str, ImageEncoder]:
        """Encoders of subject fidelity by measure; our tower only where neither CLIP nor DINO is there."""
        real: dict[str, ImageEncoder | None] = {"DINO": self.dino, "CLIP-I": self.clip}
        found = {measure: encoder for measure, encoder in real.items() if encoder is not None}
        return found or {self.likeness.name: self.likeness}

    def names(self) -> dict[str, str]:
        """What stood behind each kind of number, for the report."""
        given = {"clip": self.clip, "dino": self.dino, "inception": self.inception}
        named = {kind: encoder.name if encoder is not None else "not given" for kind, encoder in given.items()}
        perceptual = f"{self.perceptual.name}: {self.perceptual.description}"
        return {"perceptual": perceptual, "likeness": self.likeness.name, **named}
