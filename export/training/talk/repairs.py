"""Requests to mend a damaged picture."""

from __future__ import annotations

from random import Random
from typing import Final

from export.training.world.damage import Damage

_REQUESTS: Final[dict[Damage, tuple[str, ...]]] = {
    Damage.NOISE: (
        "Remove the noise from this picture.",
        "Clean up this noisy picture.",
        "This image is noisy. Restore it.",
    ),
    Damage.BLUR: (
        "Sharpen this picture.",
        "Make this blurred picture sharp again.",
        "This image is blurred. Restore it.",
    ),
    Damage.HOLE: (
        "Fill in the missing part of this picture.",
        "Paint what the gray rectangle hides.",
        "A part of this image is missing. Complete it.",
    ),
    Damage.BORDER: (
        "Extend this picture beyond its borders.",
        "Paint what lies around this picture.",
        "The borders of this image are missing. Complete it.",
    ),
    Damage.COARSE: (
        "Increase the resolution of this picture.",
        "Show this coarse picture in full detail.",
        "This image has too few pixels. Restore it.",
    ),
}


def repair_request(kind: Damage, random: Random) -> str:
    """Words that ask for a picture without its damage, beside which the damaged one stands."""
    return random.choice(_REQUESTS[kind])
