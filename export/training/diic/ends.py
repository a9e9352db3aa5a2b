"""The two frames of a video that a pair is made of, without the frames between."""

from __future__ import annotations

from dataclasses import replace

from export.training.world.track import Pose
from export.training.world.video import Mover, Video


def ends(video: Video, t_ref: int) -> Video:
    """Frames 0 and `t_ref` of a video as one of two frames: all a frame pair needs is filmed."""
    first, last = video.fade
    movers = tuple(replace(mover, track=(mover.track[0], mover.track[t_ref])) for mover in video.movers)
    return replace(video, movers=movers, fade=(first / t_ref, last / t_ref))


def straightened(video: Video) -> Video:
    """A video whose things start upright and in the middle of their places: its first frame is a plain scene's picture.

    What a caption leaves open, a turn of some degrees and a shift of some pixels, cannot be learned from it; to
    regress it would only blur the outlines.
    """
    return replace(video, movers=tuple(_straightened(mover) for mover in video.movers))


def _straightened(mover: Mover) -> Mover:
    thing = replace(mover.thing, shift=(0, 0))
    x, y = thing.centre
    return Mover(thing, (Pose(float(x), float(y), float(thing.radius), 0.0), *mover.track[1:]))
