"""Requests for a picture that follows a condition map."""

from __future__ import annotations

from random import Random
from typing import Final

from export.training.world.conditions import Condition

_REQUESTS: Final[dict[Condition, tuple[str, ...]]] = {
    Condition.EDGES: (
        "Paint a picture with these edges",
        "Generate an image that follows these outlines",
        "Color in this line drawing",
    ),
    Condition.DEPTH: (
        "Paint a picture with this depth map",
        "Generate an image that follows this depth map",
        "Turn this depth map into a picture",
    ),
}


def sketch_request(kind: Condition, random: Random, caption: str | None = None) -> str:
    """Words that ask for a picture after the map they stand beside, of what `caption` says where there is one."""
    request = random.choice(_REQUESTS[kind])
    return f"{request}: {caption}" if caption else f"{request}."
