"""What measures ask of an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bench.quality.measures.likeness import Embeddings
from bench.quality.picture import Picture


class ImageEncoder(Protocol):
    """Pictures to embeddings."""

    @property
    def name(self) -> str:
        """What stands beside its numbers."""

    def pictures(self, pictures: Sequence[Picture]) -> Embeddings:
        """Embeddings [N, D] of pictures of any size."""


class TextImageEncoder(ImageEncoder, Protocol):
    """Pictures and texts to one space."""

    def texts(self, texts: Sequence[str]) -> Embeddings:
        """Embeddings [N, D] of texts."""
