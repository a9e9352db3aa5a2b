"""Tracks: how a thing moves, turns and changes size from frame to frame, staying the same thing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Final

from export.training.world.scene import SIDE, Thing

LARGEST_TURN: Final = math.radians(30.0)
_FIRST_TURN: Final = math.radians(8.0)
_MARGIN: Final = 16.0
_BEYOND: Final = 32.0
_LEAVES: Final = 0.15
_LARGEST_SWAY: Final = 6.0
_SCALES: Final = (0.72, 1.3)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a thing is in one frame: centre and radius in pixels, angle in radians, clockwise on the screen."""

    x: float
    y: float
    radius: float
    angle: float


@dataclass(frozen=True, slots=True)
class Motion:
    """A thing's way through a whole video.

    `goal` is where its centre arrives (pixels), `sway` the swing across that way (pixels), `scale` the last radius over
    the first, `turn` the first and the last angle (radians).
    """

    goal: tuple[float, float]
    sway: float
    scale: float
    turn: tuple[float, float]

    def __post_init__(self) -> None:
        if self.scale <= 0.0:
            raise ValueError(f"scale {self.scale} is not above 0")
        if max(map(abs, self.turn)) > LARGEST_TURN:
            raise ValueError(f"turn {self.turn} goes beyond {LARGEST_TURN:.3f} radians")

    def pose(self, thing: Thing, progress: float) -> Pose:
        """The pose of `thing`, which starts at its own centre and radius, at `progress` 0 to 1."""
        (x, y), (goal_x, goal_y) = thing.centre, self.goal
        across_x, across_y = goal_y - y, x - goal_x
        swing = self.sway * math.sin(2.0 * math.pi * progress) / (math.hypot(across_x, across_y) or 1.0)
        first, last = self.turn
        return Pose(
            x=x + (goal_x - x) * progress + across_x * swing,
            y=y + (goal_y - y) * progress + across_y * swing,
            radius=thing.radius * self.scale**progress,
            angle=first + (last - first) * progress,
        )


def random_motion(random: Random) -> Motion:
    """A way to anywhere in the picture, or for one in seven out of it.

    Angles stay within 30 degrees, so that a square never passes for a diamond nor a cross for an x.
    """
    return Motion(
        goal=_goal(random),
        sway=random.uniform(-_LARGEST_SWAY, _LARGEST_SWAY),
        scale=random.uniform(*_SCALES),
        turn=(random.uniform(-_FIRST_TURN, _FIRST_TURN), random.uniform(-LARGEST_TURN, LARGEST_TURN)),
    )


def _goal(random: Random) -> tuple[float, float]:
    x, y = (random.uniform(_MARGIN, SIDE - _MARGIN) for _ in range(2))
    if random.random() >= _LEAVES:
        return x, y
    outside = random.choice((-_BEYOND, SIDE + _BEYOND))
    return (outside, y) if random.random() < 0.5 else (x, outside)


def track_of(thing: Thing, motion: Motion, frames: int) -> tuple[Pose, ...]:
    """The pose in each of `frames` frames; the first is the thing as its scene has it, but for a small turn."""
    return tuple(motion.pose(thing, frame / max(1, frames - 1)) for frame in range(frames))
