"""A subject whose pictures can be foretold: it shows the mean of its references, or a colour by its seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.quality.encoders.encoder import ImageEncoder, TextImageEncoder
from bench.quality.measures.perceptual import Perceptual
from bench.quality.subjects.message import Message, Reply
from bench.quality.subjects.subject import Identity
from bench.quality.suites.instruments import Instruments
from tests.unit.bench.quality.conftest import ColourEncoder, plain


@dataclass
class Mirror:
    """`colours` by seed; `asked` keeps every message, with pictures as `*`."""

    colours: list[tuple[int, int, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    identity: Identity = field(default_factory=lambda: Identity("mirror", "none", {}, 1, 1.0))

    def reply(self, messages: Sequence[Message]) -> list[Reply]:
        return [self._reply(message) for message in messages]

    def _reply(self, message: Message) -> Reply:
        words = "".join(piece if isinstance(piece, str) else "*" for piece in message.content)
        self.asked.append(f"{message.strategy.name}: {words}" if message.strategy else words)
        references = [piece for piece in message.content if not isinstance(piece, str)]
        if not references:
            return Reply(picture=plain(*self.colours[message.seed]))
        return Reply(picture=np.asarray(np.mean(references, axis=0), dtype=np.uint8))


def instruments(
    *,
    clip: TextImageEncoder | None = None,
    dino: ImageEncoder | None = None,
    inception: ImageEncoder | None = None,
) -> Instruments:
    return Instruments(Perceptual("none", lambda _: []), ColourEncoder(), clip, dino, inception)
