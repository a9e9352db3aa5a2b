from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from bench.quality.measures.signal import IDENTICAL_DB
from bench.quality.picture import Picture
from bench.quality.suites.reconstruction import PSNR, RIGHT, SCENE, reconstruction
from bench.quality.suites.scenes import scenes
from bench.quality.suites.score import Better, Outcome
from export.weights import Networks
from tests.unit.bench.quality.suites.oracle import Oracle, instruments


@dataclass
class Darkener:
    """Loses everything but black."""

    def reconstruct(self, picture: Picture, seed: int) -> Picture:
        return np.zeros_like(picture)


def values(outcome: Outcome) -> dict[str, float]:
    return {score.measure: score.value for score in outcome.scores}


def test_a_perfect_decoder_scores_best_and_a_blind_one_worse_in_everything(networks: Networks) -> None:
    tools = instruments(networks)
    perfect = reconstruction(Oracle(), scenes(4), tools, side=128, seed=9)
    blind = values(reconstruction(Darkener(), scenes(4), tools, side=128, seed=9))
    best = values(perfect)
    assert best[PSNR] == IDENTICAL_DB
    assert best[tools.perceptual.name] == 0
    assert best[tools.likeness.name] == pytest.approx(1)
    assert best[SCENE] == best[RIGHT] == 1
    assert blind[RIGHT] == 0
    for score in perfect.scores:
        worse = blind[score.measure] - score.value
        assert worse > 0 if score.better is Better.LOWER else worse < 0
    assert [tile.right for tile in perfect.tiles] == [None, True] * 4
