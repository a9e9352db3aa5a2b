"""A subject that knows the truth, and says or shows it as far as it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from bench.quality.encoders.tower import TowerEncoder
from bench.quality.measures.tower import tower_distance
from bench.quality.picture import Picture
from bench.quality.subjects.strategy import Strategy
from bench.quality.subjects.subject import Content, Identity, Painted
from bench.quality.suites.instruments import Instruments
from export.training.world import Scene, render
from export.weights import Networks


@dataclass
class Oracle:
    """`paints` makes pictures of wishes; `says` and `shows` are answers by (picture's bytes, words)."""

    paints: Callable[[str, Strategy, int], Picture] | None = None
    says: dict[tuple[bytes, str], str] = field(default_factory=dict)
    shows: dict[tuple[bytes, str], Picture] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=list)
    identity: Identity = field(default_factory=lambda: Identity("oracle", "none", {}, 1, 1.0))

    def paint(self, wish: str, strategy: Strategy, seed: int) -> Painted:
        assert self.paints
        self.seeds.append(seed)
        return Painted(self.paints(wish, strategy, seed))

    def compose(self, content: Content, seed: int) -> Picture:
        self.seeds.append(seed)
        return self.shows[_key(content)]

    def answer(self, content: Content) -> str:
        return self.says[_key(content)]

    def reconstruct(self, picture: Picture, seed: int) -> Picture:
        self.seeds.append(seed)
        return picture


def told(pairs: Iterable[tuple[Scene, str, str]]) -> dict[tuple[bytes, str], str]:
    return {(render(scene).tobytes(), words): answer for scene, words, answer in pairs}


def shown(pairs: Iterable[tuple[Scene, str, Picture]]) -> dict[tuple[bytes, str], Picture]:
    return {(render(scene).tobytes(), words): picture for scene, words, picture in pairs}


def instruments(networks: Networks) -> Instruments:
    return Instruments(tower_distance(networks.vision), TowerEncoder(networks.vision))


def _key(content: Content) -> tuple[bytes, str]:
    picture, words = content
    assert isinstance(picture, np.ndarray)
    assert isinstance(words, str)
    return picture.tobytes(), words
