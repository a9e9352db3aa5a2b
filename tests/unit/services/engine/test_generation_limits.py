"""A request that cannot be served is refused with its field and the limit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.engine.generation_limits import GenerationLimits
from services.errors import InvalidArgumentError
from services.generation import ImageMode

ONE = np.ones((1, 3), np.float32)


@pytest.mark.parametrize(
    ("wish", "field", "words"),
    [
        ({"ids": []}, "ids", "empty"),
        ({"ids": [3, 40]}, "ids", "0..39"),
        ({"ids": [-1]}, "ids", "0..39"),
        ({"ids": [3] * 65}, "ids", "prompt of 65 tokens is longer than the context 64"),
        (
            {"ids": [3] * 60, "max_tokens": 5},
            "max_tokens",
            "60 tokens, 5 new ones and 0 for an image are 65, context 64",
        ),
        ({"ids": [3] * 50, "image": ImageMode.FORCE}, "max_tokens", "50 tokens, 8 new ones and 7 for an image are 65"),
        ({"ids": [30]}, "image", "ends with <img>"),
        ({"max_tokens": 0}, "max_tokens", "0 is not 1 to 64"),
        ({"max_tokens": -1, "image": ImageMode.FORCE}, "max_tokens", "-1 is not 0 to 64"),
        ({"seeds": []}, "seeds", "0 candidates are not 1 to 8"),
        ({"seeds": range(9)}, "seeds", "9 candidates are not 1 to 8"),
        ({"seeds": [2**64]}, "seeds", r"2\^64"),
        ({"top_p": 0.0}, "top_p", "0.0"),
        ({"top_p": 1.01}, "top_p", "1.01"),
        ({"top_p": float("nan")}, "top_p", "nan"),
        ({"temperature": -0.1}, "temperature", "-0.1"),
        ({"temperature": 1e-9}, "temperature", "0.01"),
        ({"temperature": float("nan")}, "temperature", "nan"),
        ({"temperature": float("inf")}, "temperature", "inf"),
        ({"guidance": float("nan")}, "feature_guidance", "nan"),
        ({"guidance": 31.0}, "feature_guidance", "30"),
        ({"features": ONE, "positions": [2]}, "feature_positions", "0..1"),
        ({"features": ONE, "positions": [-1]}, "feature_positions", "0..1"),
        ({"features": ONE}, "feature_positions", "0 positions for 1 features"),
        ({"positions": [1]}, "feature_positions", "1 positions for 0 features"),
        ({"features": np.ones((2, 3), np.float32), "positions": [1, 1]}, "feature_positions", "twice"),
        ({"features": ONE * np.nan, "positions": [1]}, "features", "not a number"),
        ({"features": ONE * 1e9, "positions": [1]}, "features", "10000"),
        ({"features": np.ones((1, 4), np.float32), "positions": [1]}, "features", r"\[rows, 3\]"),
        (
            {"ids": [3, 30], "image": ImageMode.ALLOW, "features": ONE, "positions": [1]},
            "feature_positions",
            "begins the answer",
        ),
    ],
)
def test_a_wrong_field_is_named(
    kit: SimpleNamespace, limits: GenerationLimits, wish: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=words) as caught:
        limits.check(kit.request(**{"ids": [3, 4], **wish}))
    assert caught.value.field == field


def test_what_just_fits_is_taken(kit: SimpleNamespace, limits: GenerationLimits) -> None:
    limits.check(kit.request([3] * 49, image=ImageMode.FORCE))
    limits.check(kit.request([3] * 56))
    limits.check(kit.request([3, 30], image=ImageMode.ALLOW, max_tokens=0))
    limits.check(kit.request([3], seeds=range(8), image=ImageMode.ALLOW, guidance=2.0))


def test_more_slots_than_there_are_is_refused(kit: SimpleNamespace) -> None:
    small = GenerationLimits(kit.VOCABULARY, context=64, slots=4, feature_width=3)
    with pytest.raises(InvalidArgumentError, match="6 slots are needed, there are 4"):
        small.check(kit.request([3], seeds=range(3), image=ImageMode.ALLOW, guidance=2.0))
