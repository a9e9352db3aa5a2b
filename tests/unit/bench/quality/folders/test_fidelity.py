from __future__ import annotations

import pytest

from bench.quality.folders.fidelity import Fidelity, real_embeddings
from tests.unit.bench.quality.conftest import ColourEncoder, plain
from tests.unit.bench.quality.folders.mirror import instruments


def test_several_subjects_count_alike_and_each_by_the_mean_of_its_pictures() -> None:
    """A red picture: the first subject's two pictures are at 1 and 0, the second's only one at 0."""
    red, green, blue = plain(99, 0, 0), plain(0, 99, 0), plain(0, 0, 99)
    tools = instruments(dino=ColourEncoder())
    first, second = (real_embeddings(tools.fidelity, each) for each in ([red, green], [blue]))
    collected = Fidelity("suite", tools)
    collected.add(("all", "one"), [red], [first], "r")
    collected.add(("all", "two"), [red], [first, second], "r")
    value = {score.setting: score.value for score in collected.scores()}
    assert value == pytest.approx({"all": (0.5 + 0.25) / 2, "one": 0.5, "two": 0.25})
