"""Which pictures the networks that only look learn from, and how many of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import partial
from itertools import count, islice
from typing import Final

from export.training.canonical import canonical_at
from export.training.pictures import Damaged, Frame, Mapped, Picture
from export.training.spread import Spread
from export.training.subjects.sighting import Sighting, sighting_at
from export.training.world import Scene, Split, scene_at, styled_at
from export.training.world.conditions import Condition
from export.training.world.damage import Damage


@dataclass(frozen=True, slots=True)
class Diet:
    """Shares of kinds of pictures, together 1.

    flat and styled: scenes; canonical: typical scenes of brief prompts; damaged, maps: of flat and styled scenes;
    frames, segments: of videos. `shift` moves things by up to as many pixels, which shows the networks more outlines.
    """

    flat: float
    styled: float
    canonical: float = 0.0
    damaged: float = 0.0
    maps: float = 0.0
    frames: float = 0.0
    segments: float = 0.0
    shift: int = 0

    def __post_init__(self) -> None:
        total = sum(self.counts(1_000_000).values())
        if abs(total - 1_000_000) > len(fields(self)):
            raise ValueError(f"the shares of {self} add up to {total / 1e6:.3f}, not to 1")

    def counts(self, pictures: int) -> dict[str, int]:
        """How many of `pictures` are of which kind."""
        shares = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "shift"}
        return {kind: round(share * pictures) for kind, share in shares.items()}

    def pictures(self, number: int, spread: Spread = map) -> list[Picture]:
        """About `number` training pictures, kind by kind, always the same."""
        kinds: dict[str, Iterator[Picture]] = {
            "flat": (scene_at(Split.TRAIN, index, shift=self.shift) for index in count()),
            "styled": (styled_at(Split.TRAIN, index, shift=self.shift) for index in count()),
            "canonical": (canonical_at(Split.TRAIN, index) for index in count()),
            "damaged": damaged_pictures(),
            "maps": map_pictures(),
            "frames": (Frame(sighting.video, 0) for sighting in sightings(spread, straight=False)),
            "segments": (segment for sighting in sightings(spread, straight=False) for segment in sighting.segments),
        }
        return [picture for kind, wanted in self.counts(number).items() for picture in islice(kinds[kind], wanted)]


def _scenes() -> Iterator[tuple[int, Scene]]:
    """Two flat scenes, then a styled one, and so on."""
    return ((index, (styled_at if index % 3 == 2 else scene_at)(Split.TRAIN, index)) for index in count())


def damaged_pictures() -> Iterator[Damaged]:
    """Scenes with each damage in turn, without end."""
    kinds = list(Damage)
    return (Damaged(scene, kinds[index % len(kinds)], index) for index, scene in _scenes())


def map_pictures() -> Iterator[Mapped]:
    """Maps of scenes of each kind in turn, without end."""
    kinds = list(Condition)
    return (Mapped(scene, kinds[index % len(kinds)]) for index, scene in _scenes())


def sightings(spread: Spread = map, *, straight: bool) -> Iterator[Sighting]:
    """Training sightings without end, every third of a thing alone."""
    return (sighting for sighting in spread(partial(_sighting, straight), count()) if sighting is not None)


def _sighting(straight: bool, index: int) -> Sighting | None:  # noqa: FBT001 - bound by position
    return sighting_at(Split.TRAIN, index, straight=straight, alone=index % 3 == 0)


# The published networks saw all of the web; these see what the tasks show them, most of it as often as they must paint
# it. Noise cannot be painted and hardly be encoded: what is to be mended only has to be understood.
DIETS: Final[dict[str, Diet]] = {
    "vae": Diet(flat=0.52, styled=0.3, damaged=0.05, maps=0.04, frames=0.06, segments=0.03, shift=1),
    "vision": Diet(flat=0.34, styled=0.2, damaged=0.2, maps=0.08, frames=0.04, segments=0.14, shift=1),
    "decoder": Diet(flat=0.46, styled=0.34, canonical=0.08, maps=0.03, frames=0.06, segments=0.03),
    "denoiser": Diet(flat=0.5, styled=0.32, canonical=0.1, frames=0.06, segments=0.02),
}
