"""A subject that knows the truth, and says or shows it as far as it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.quality.encoders.tower import TowerEncoder
from bench.quality.measures.tower import tower_distance
from bench.quality.picture import Picture, fingerprint
from bench.quality.subjects.message import Content, Message, Reply
from bench.quality.subjects.subject import Identity
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.score import Outcome
from export.weights import Networks


@dataclass
class Oracle:
    """`responds` to every message; `messages` keeps all of them."""

    responds: Callable[[Message], Reply] = lambda message: Reply()
    messages: list[Message] = field(default_factory=list)
    identity: Identity = field(default_factory=lambda: Identity("oracle", "none", {}, 1, 1.0))

    @property
    def seeds(self) -> list[int]:
        return [message.seed for message in self.messages]

    def reply(self, messages: Sequence[Message]) -> list[Reply]:
        self.messages.extend(messages)
        return [self.responds(message) for message in messages]

    def reconstruct(self, pictures: Sequence[Picture], seeds: Sequence[int]) -> list[Picture]:
        return list(pictures)


def knowing(pairs: Iterable[tuple[Content, str | Picture]]) -> Oracle:
    """One that has an answer in words or a picture to each of some messages, and to no others."""
    answers = {_key(content): answer for content, answer in pairs}

    def responds(message: Message) -> Reply:
        answer = answers[_key(message.content)]
        return Reply(answer) if isinstance(answer, str) else Reply(picture=answer)

    return Oracle(responds)


def always(picture: Picture) -> Oracle:
    """One that shows the same whatever it is asked for."""
    return Oracle(lambda message: Reply(picture=picture))


def instruments(networks: Networks) -> Instruments:
    return Instruments(tower_distance(networks.vision), TowerEncoder(networks.vision))


def values(outcome: Outcome) -> dict[tuple[str, str], float]:
    """A suite's scores by setting and measure."""
    return {(score.setting, score.measure): score.value for score in outcome.scores}


def black(side: int = 128) -> Picture:
    return np.zeros((side, side, 3), np.uint8)


def _key(content: Content) -> tuple[str, ...]:
    return tuple(piece if isinstance(piece, str) else fingerprint(piece) for piece in content)
