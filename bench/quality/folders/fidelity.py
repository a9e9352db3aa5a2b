"""Subject fidelity and prompt agreement of one prompt's pictures (DreamBooth section 4.2; UNIMO-G section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.quality.encoders.encoder import ImageEncoder
from bench.quality.measures.likeness import Embeddings, cosine_table, cosines
from bench.quality.picture import Picture
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.score import Better, Score

CLIP_T = "CLIP-T"
# Embeddings of a subject's real pictures, by measure.
Real = Mapping[str, Embeddings]


def real_embeddings(encoders: Mapping[str, ImageEncoder], pictures: Sequence[Picture]) -> Real:
    """A subject's real pictures, embedded once for all its prompts."""
    return {measure: encoder.pictures(pictures) for measure, encoder in encoders.items()}


@dataclass(slots=True)
class Fidelity:
    """Collects values by setting and measure, one a picture."""

    suite: str
    instruments: Instruments
    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, settings: Sequence[str], made: Sequence[Picture], subjects: Sequence[Real], prompt: str) -> None:
        """Pictures made for `prompt`, under each of `settings`.

        Fidelity of a picture to one subject is its mean cosine with all real pictures of that subject, and to several
        subjects the mean over them.
        """
        found: dict[str, list[float]] = {}
        for measure, encoder in self.instruments.fidelity.items():
            embedded = encoder.pictures(made)
            tables = [cosine_table(embedded, real[measure]).mean(1) for real in subjects]
            found[measure] = np.mean(tables, axis=0).tolist()
        if self.instruments.clip:
            texts = self.instruments.clip.texts([prompt] * len(made))
            found[CLIP_T] = cosines(self.instruments.clip.pictures(made), texts).tolist()
        for setting in settings:
            for measure, values in found.items():
                self.values.setdefault((setting, measure), []).extend(values)

    def scores(self) -> list[Score]:
        """The means over all pictures added."""
        return [
            Score.mean(self.suite, setting, measure, values, Better.HIGHER)
            for (setting, measure), values in self.values.items()
        ]
