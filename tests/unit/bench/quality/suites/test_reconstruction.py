from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from bench.quality.picture import Picture
from bench.quality.suites.reconstruction import PSNR, RIGHT, SCENE, SETTING, SIZE, TEXTURE, reconstruction
from bench.quality.suites.scenes import scenes
from bench.quality.suites.score import Better
from export.signal import IDENTICAL_DB
from export.weights import Networks
from tests.unit.bench.quality.suites.oracle import Oracle, instruments, values


@dataclass
class Darkener:
    """Loses everything but black."""

    seeds: list[int] = field(default_factory=list)

    def reconstruct(self, pictures: Sequence[Picture], seeds: Sequence[int]) -> list[Picture]:
        self.seeds.extend(seeds)
        return [np.zeros_like(picture) for picture in pictures]


def test_a_perfect_decoder_scores_best_and_a_blind_one_worse_in_everything(networks: Networks) -> None:
    tools, darkener = instruments(networks), Darkener()
    perfect = reconstruction(Oracle(), scenes(10), tools, side=128, seed=9)
    blind = values(reconstruction(darkener, scenes(10), tools, side=128, seed=9))
    best = values(perfect)
    assert best[SETTING, PSNR] == IDENTICAL_DB
    assert best[SETTING, tools.perceptual.name] == 0
    assert best[SETTING, tools.likeness.name] == pytest.approx(1)
    assert [best[SETTING, measure] for measure in (SCENE, RIGHT, SIZE, TEXTURE)] == [1, 1, 1, 1]
    assert blind[SETTING, RIGHT] == 0
    for score in perfect.scores:
        worse = blind[SETTING, score.measure] - score.value
        assert worse > 0 if score.better is Better.LOWER else worse < 0
    assert [tile.right for tile in perfect.tiles] == [None, True] * 10
    assert darkener.seeds == list(range(9, 19))
