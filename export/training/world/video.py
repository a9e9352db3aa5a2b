"""Videos: things that move over a background that turns into another one."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from export.training.world.palette import BACKGROUND_COLOURS
from export.training.world.scene import TEXTURES, Background, Scene, Thing, random_scene
from export.training.world.splits import Split, split_of
from export.training.world.track import Pose, random_motion, track_of

FRAMES: Final = 32
_SHIFT: Final = 3
_COUNTS: Final = (20, 45, 35)


@dataclass(frozen=True, slots=True)
class Mover:
    """A thing and its pose in every frame; shape, colour and texture never change."""

    thing: Thing
    track: tuple[Pose, ...]


@dataclass(frozen=True, slots=True)
class Video:
    """Movers, later ones in front, and the backgrounds at both ends; `fade` is the span of frames between the two."""

    movers: tuple[Mover, ...]
    before: Background
    after: Background
    fade: tuple[float, float]

    def __post_init__(self) -> None:
        lengths = {len(mover.track) for mover in self.movers}
        if len(lengths) != 1 or not min(lengths):
            raise ValueError(f"movers have tracks of {sorted(lengths)} frames, they need one length above 0")
        if self.fade[0] >= self.fade[1]:
            raise ValueError(f"fade {self.fade} does not end after it begins")

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.movers[0].track)

    @property
    def opening(self) -> Scene:
        """What the first frame shows, as a scene: places and sizes are true there and only there."""
        return Scene(tuple(mover.thing for mover in self.movers), self.before)

    def faded(self, frame: int) -> float:
        """How much of the second background `frame` shows, 0 to 1."""
        first, last = self.fade
        return min(1.0, max(0.0, (frame - first) / (last - first)))


def random_video(random: Random, frames: int = FRAMES) -> Video:
    """A video of one to three things; no background ever has a thing's colour."""
    return _animated(random_scene(random, shift=_SHIFT, counts=_COUNTS), random, frames)


def _animated(scene: Scene, random: Random, frames: int) -> Video:
    taken = {scene.background.colour, *(thing.colour for thing in scene.things)}
    colour = random.choice([name for name in BACKGROUND_COLOURS if name not in taken])
    begin = random.uniform(0.1, 0.4) * frames
    return Video(
        movers=tuple(Mover(thing, track_of(thing, random_motion(random), frames)) for thing in scene.things),
        before=scene.background,
        after=Background(colour, random.choice(TEXTURES)),
        # Slow enough that no step between two frames looks like a cut.
        fade=(begin, begin + random.uniform(0.3, 0.5) * frames),
    )


def video_at(split: Split, index: int, *, frames: int = FRAMES) -> Video:
    """Video number `index` of a split, the same on every machine; its first frame belongs to the split."""
    random = Random(f"video/{split.value}/{index}")  # noqa: S311 - a seeded world, not a secret
    while True:
        video = random_video(random, frames)
        if split_of(video.opening) is split:
            return video
