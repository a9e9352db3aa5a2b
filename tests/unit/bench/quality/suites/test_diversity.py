from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.quality.subjects.message import Message, Reply
from bench.quality.subjects.strategy import BOTH, DIRECT, NONE, STRATEGIES
from bench.quality.suites.diversity import AGREEMENT, CLIP_T, PSNR_D, diversity
from bench.quality.suites.score import Better
from export.signal import IDENTICAL_DB
from export.training.evaluate import held_out_briefs
from export.training.world import render
from export.weights import Networks
from services.errors import InvalidArgumentError
from tests.unit.bench.quality.conftest import ColourEncoder
from tests.unit.bench.quality.suites.oracle import Oracle, instruments, values

BRIEFS = list(held_out_briefs(2))
TRUE = {brief.text: render(brief.scene) for brief in BRIEFS}


def paints(message: Message) -> Reply:
    """The truth where nothing is sampled; else its colours turned by the seed, so that samples differ."""
    truth = TRUE[message.words]
    sampled = message.strategy not in (DIRECT, NONE)
    return Reply(picture=np.roll(truth, message.seed, axis=2) if sampled else truth)


def test_sampled_rewrites_differ_and_others_do_not(networks: Networks) -> None:
    oracle = Oracle(paints)
    outcome = diversity(oracle, BRIEFS, instruments(networks), samples=3, seed=5, strategies=(DIRECT, BOTH))
    value = values(outcome)
    distance = "EVA-distance_d"
    assert value["without PSR", PSNR_D] == IDENTICAL_DB
    assert value[BOTH.name, PSNR_D] < 40
    assert value["without PSR", distance] == 0
    assert value[BOTH.name, distance] > 0
    assert value["without PSR", AGREEMENT] == pytest.approx(1)
    assert value[BOTH.name, AGREEMENT] < 1
    assert oracle.seeds == [*range(5, 11), *range(5, 11)]


def test_every_strategy_of_the_papers_table_is_measured_and_shown(networks: Networks) -> None:
    outcome = diversity(Oracle(paints), BRIEFS, instruments(networks), samples=2, seed=0)
    assert list(dict.fromkeys(score.setting for score in outcome.scores)) == [each.name for each in STRATEGIES]
    assert {score.count for score in outcome.scores} == {2}
    assert len(outcome.tiles) == len(STRATEGIES) * 2 * 2
    assert {score.better for score in outcome.scores if score.measure == PSNR_D} == {Better.LOWER}


def test_clip_is_measured_where_it_is_there(networks: Networks) -> None:
    with_clip = replace(instruments(networks), clip=ColourEncoder())
    outcome = diversity(Oracle(paints), BRIEFS, with_clip, samples=2, seed=0, strategies=(NONE,))
    expected = []
    for brief in BRIEFS:
        colour, letters = TRUE[brief.text].mean((0, 1)), np.array([brief.text.count(letter) for letter in "rgb"])
        expected.append(colour @ letters / np.linalg.norm(colour) / np.linalg.norm(letters))
    assert values(outcome)[NONE.name, CLIP_T] == pytest.approx(np.mean(expected))


def test_one_sample_makes_no_pair(networks: Networks) -> None:
    with pytest.raises(InvalidArgumentError, match="at least 2"):
        diversity(Oracle(paints), BRIEFS, instruments(networks), samples=1, seed=0)
