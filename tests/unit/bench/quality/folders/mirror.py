"""A subject whose pictures can be foretold: it shows the mean of its references, or a colour by its seed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bench.quality.encoders.encoder import ImageEncoder, TextImageEncoder
from bench.quality.measures.perceptual import Perceptual
from bench.quality.picture import Picture
from bench.quality.subjects.strategy import Strategy
from bench.quality.subjects.subject import Content, Identity, Painted
from bench.quality.suites.instruments import Instruments
from tests.unit.bench.quality.conftest import ColourEncoder, plain


@dataclass
class Mirror:
    """`colours` by seed; `asked` keeps every message, with pictures as `*`."""

    colours: list[tuple[int, int, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    identity: Identity = field(default_factory=lambda: Identity("mirror", "none", {}, 1, 1.0))

    def paint(self, wish: str, strategy: Strategy, seed: int) -> Painted:
        self.asked.append(f"{strategy.name}: {wish}")
        return Painted(plain(*self.colours[seed]))

    def compose(self, content: Content, seed: int) -> Picture:
        self.asked.append("".join(piece if isinstance(piece, str) else "*" for piece in content))
        references = [piece for piece in content if not isinstance(piece, str)]
        return np.asarray(np.mean(references, axis=0), dtype=np.uint8)

    def answer(self, content: Content) -> str:
        raise AssertionError(content)


def instruments(
    *,
    clip: TextImageEncoder | None = None,
    dino: ImageEncoder | None = None,
    inception: ImageEncoder | None = None,
) -> Instruments:
    return Instruments(Perceptual("none", lambda _: []), ColourEncoder(), clip, dino, inception)
