"""The shapes that a preset's engines are compiled for."""

from __future__ import annotations

from dataclasses import dataclass

Sizes = tuple[int, int, int]
"""Smallest, usual and largest size of one axis: a compiler takes all three and is fastest at the second."""

Bucket = tuple[int, int]
"""Height and width of a picture in pixels."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Sizes of the axes that differ from call to call.

    `references` pictures encoded at once, `slots` sequences decoded together, `prompt` positions of one sequence fed
    at once, `rows` pictures denoised together, `pictures` decoded to pixels at once; `buckets` are the picture's
    sizes, the first the usual one.
    """

    references: Sizes = (1, 4, 8)
    slots: Sizes = (1, 16, 64)
    prompt: Sizes = (1, 256, 512)
    rows: Sizes = (1, 4, 8)
    pictures: Sizes = (1, 2, 4)
    buckets: tuple[Bucket, ...] = ()

    def __post_init__(self) -> None:
        for name in ("references", "slots", "prompt", "rows", "pictures"):
            smallest, usual, largest = getattr(self, name)
            if not 1 <= smallest <= usual <= largest:
                raise ValueError(
                    f"serving.{name} {smallest}, {usual}, {largest}: not 1 <= smallest <= usual <= largest"
                )
