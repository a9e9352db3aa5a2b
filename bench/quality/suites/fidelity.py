"""Subject fidelity and prompt agreement of one prompt's pictures (DreamBooth section 4.2; UNIMO-G section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.quality.encoders.encoder import ImageEncoder
from bench.quality.measures.likeness import Embeddings, cosine_table, cosines
from bench.quality.picture import Picture
from bench.quality.suites.instruments import Instruments

CLIP_T = "CLIP-T"
# Embeddings of a subject's real pictures, by measure.
Real = Mapping[str, Embeddings]


def real_embeddings(encoders: Mapping[str, ImageEncoder], pictures: Sequence[Picture]) -> Real:
    """A subject's real pictures, embedded once for all its prompts."""
    return {measure: encoder.pictures(pictures) for measure, encoder in encoders.items()}


def fidelity(
    instruments: Instruments, made: Sequence[Picture], subjects: Sequence[Real], prompt: str
) -> list[dict[str, float]]:
    """Each picture's numbers by measure, all made for `prompt`.

    Fidelity of a picture to one subject is its mean cosine with all real pictures of that subject, and to several
    subjects the mean over them. CLIP-T is there where CLIP is.
    """
    found: dict[str, list[float]] = {}
    for measure, encoder in instruments.fidelity.items():
        embedded = encoder.pictures(made)
        tables = [cosine_table(embedded, real[measure]).mean(1) for real in subjects]
        found[measure] = np.mean(tables, axis=0).tolist()
    if instruments.clip:
        texts = instruments.clip.texts([prompt] * len(made))
        found[CLIP_T] = cosines(instruments.clip.pictures(made), texts).tolist()
    return [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]
