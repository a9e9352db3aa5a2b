"""A job that cannot be done is refused with its field and the limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from services.engine.canvas import Canvas
from services.engine.denoising import DenoiseLimits, DenoiseRequest
from services.errors import InvalidArgumentError
from services.size import Size

CANVAS = Canvas((Size(16, 16), Size(24, 16)), channels=4, factor=8)
LIMITS = DenoiseLimits((5, 3), CANVAS)
GOOD: dict[str, Any] = {"features": np.ones((5, 3), np.float32), "seed": 1, "steps": 20, "guidance": 3.0}
LATENTS = np.ones((4, 2, 2), np.float32)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"features": np.ones((4, 3), np.float32)}, "features", r"\[4, 3\] is not \[5, 3\]"),
        ({"features": np.full((5, 3), np.nan, np.float32)}, "features", "not a number"),
        ({"steps": 0}, "steps", "1 to 100"),
        ({"steps": 101}, "steps", "1 to 100"),
        ({"guidance": -0.5}, "guidance", "0 to 30"),
        ({"guidance": 30.5}, "guidance", "0 to 30"),
        ({"guidance": float("nan")}, "guidance", "nan"),
        ({"seed": -1}, "seed", "-1"),
        ({"latents_every": -1}, "latents_every", "0 to 100"),
        ({"latents": LATENTS, "start_step": 20}, "start_step", "20 is not 0 to 19"),
        ({"start_step": 3}, "start_step", "needs latents"),
        ({"latents": LATENTS[:3]}, "latents", r"\[3, 2, 2\] is none of \[4, 2, 2\], \[4, 2, 3\]"),
        ({"size": Size(16, 24)}, "size", "16x24 is none of 16x16, 24x16"),
        ({"size": Size(24, 16), "latents": LATENTS}, "latents", r"\[4, 2, 2\] is not \[4, 2, 3\] of 24x16"),
        ({"latents": LATENTS * np.inf}, "latents", "not a number"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidArgumentError, match=words) as caught:
        LIMITS.check(DenoiseRequest(**(GOOD | change)))
    assert caught.value.field == field


def test_what_is_right_is_taken() -> None:
    LIMITS.check(DenoiseRequest(**GOOD))
    LIMITS.check(DenoiseRequest(**(GOOD | {"latents": LATENTS, "start_step": 19})))
    LIMITS.check(DenoiseRequest(**(GOOD | {"size": Size(24, 16)})))
    wide = np.ones((4, 2, 3), np.float32)
    LIMITS.check(DenoiseRequest(**(GOOD | {"latents": wide, "start_step": 2})))


def test_a_request_says_its_size_itself_or_by_its_latents() -> None:
    wide = np.ones((4, 2, 3), np.float32)
    assert CANVAS.chosen(None, None) == Size(16, 16)
    assert CANVAS.chosen(None, wide) == CANVAS.chosen(Size(24, 16), None) == Size(24, 16)
