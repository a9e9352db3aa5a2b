from __future__ import annotations

import pytest

from bench.quality.suites.fidelity import fidelity, real_embeddings
from tests.unit.bench.quality.conftest import ColourEncoder, plain
from tests.unit.bench.quality.folders.mirror import instruments

RED, GREEN, BLUE = plain(99, 0, 0), plain(0, 99, 0), plain(0, 0, 99)


def test_several_subjects_count_alike_and_each_by_the_mean_of_its_pictures() -> None:
    """A red picture: the first subject's two pictures are at 1 and 0, the second's only one at 0."""
    tools = instruments(dino=ColourEncoder())
    first, second = (real_embeddings(tools.fidelity, each) for each in ([RED, GREEN], [BLUE]))
    (alone,) = fidelity(tools, [RED], [first], "r")
    (beside,) = fidelity(tools, [RED], [first, second], "r")
    assert alone == pytest.approx({"DINO": 0.5})
    assert beside == pytest.approx({"DINO": 0.25})


def test_every_picture_has_its_own_numbers_and_its_agreement_where_clip_is_there() -> None:
    tools = instruments(dino=ColourEncoder(), clip=ColourEncoder())
    rows = fidelity(tools, [RED, BLUE], [real_embeddings(tools.fidelity, [RED])], "r")
    assert rows == [pytest.approx({"DINO": 1, "CLIP-I": 1, "CLIP-T": 1}), {"DINO": 0, "CLIP-I": 0, "CLIP-T": 0}]
