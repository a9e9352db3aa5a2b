"""Labels name what stands where, and say nothing of what a picture does not tell."""

from __future__ import annotations

import numpy as np

from export.training.labels import ATTRIBUTES, UNKNOWN, background_labels, cell_labels, footprint
from export.training.pictures import Damaged, Frame, Mapped, Segment, pixels_of
from export.training.subjects.sighting import sighting_at
from export.training.world import Background, Scene, Split, Thing
from export.training.world.conditions import Condition
from export.training.world.damage import MISSING, Damage

STAR = Thing("star", "cyan", "large", "top left", "dotted")
SCENE = Scene((STAR, Thing("ring", "red", "small", "bottom right", "plain")), Background("black", "striped"))
SIGHTING = next(
    sighting for index in range(20) if (sighting := sighting_at(Split.TRAIN, index, straight=False)) is not None
)


def test_a_thing_touches_the_cells_around_its_centre_and_no_others() -> None:
    cells = footprint(STAR, 8).reshape(8, 8)
    assert cells[1, 1]
    assert not cells[4:].any()
    assert not cells[:, 4:].any()


def test_cells_name_their_thing_and_nothing_where_there_is_none() -> None:
    labels = cell_labels([SCENE], 8).view(8, 8, len(ATTRIBUTES))
    names = [values[int(label) - 1] for values, label in zip(ATTRIBUTES.values(), labels[1, 1], strict=True)]
    assert names == ["star", "cyan", "large", "dotted", "top left"]
    assert labels[4, 1].tolist() == [0] * len(ATTRIBUTES)
    assert labels[6, 6].tolist()[:2] == [list(ATTRIBUTES["shape"]).index("ring") + 1, 1]


def test_damage_leaves_the_labels_but_for_what_is_hidden() -> None:
    whole = cell_labels([SCENE], 8)[0]
    for damage in (Damage.NOISE, Damage.BLUR, Damage.COARSE):
        assert (cell_labels([Damaged(SCENE, damage, 0)], 8)[0] == whole).all()
    hole = Damaged(SCENE, Damage.HOLE, 0)
    labels = cell_labels([hole], 8)[0]
    gone = (labels == UNKNOWN).all(-1).numpy()
    assert (labels[~gone] == whole[~gone]).all()
    hidden = (pixels_of(hole) == MISSING).all(-1).reshape(8, 16, 8, 16).mean((1, 3)).ravel()
    assert gone.any()
    assert hidden[gone].min() > 0.9


def test_maps_do_not_tell_colours() -> None:
    labels = cell_labels([Mapped(SCENE, Condition.DEPTH)], 8).view(8, 8, len(ATTRIBUTES))
    by_name = dict(zip(ATTRIBUTES, labels[1, 1].tolist(), strict=True))
    assert by_name["colour"] == by_name["texture"] == UNKNOWN
    assert by_name["shape"] == ATTRIBUTES["shape"].index("star") + 1
    assert labels[4, 1].tolist() == [0] * len(ATTRIBUTES)
    assert background_labels([Mapped(SCENE, Condition.EDGES)]).unique().tolist() == [UNKNOWN]


def test_a_segment_tells_what_it_is_and_not_where_it_was() -> None:
    segment = SIGHTING.segments[0]
    thing = SIGHTING.video.movers[segment.mover].thing
    labels = cell_labels([segment], 8)[0]
    touched = labels[labels[:, 0] > 0]
    assert touched[:, 0].unique().tolist() == [ATTRIBUTES["shape"].index(thing.shape) + 1]
    assert (touched[:, list(ATTRIBUTES).index("position")] == UNKNOWN).all()
    assert background_labels([segment]).tolist() == [[8, 0, 0]]


def test_only_the_first_frame_of_a_video_has_a_known_background() -> None:
    first, last = background_labels([Frame(SIGHTING.video, 0), Frame(SIGHTING.video, 1)]).tolist()
    assert UNKNOWN not in first
    assert set(last) == {UNKNOWN}


def test_movers_are_labelled_where_they_are_seen() -> None:
    labels = cell_labels([Frame(SIGHTING.video, 1), Segment(SIGHTING.video, 1, SIGHTING.movers[0])], 8)
    assert (np.asarray(labels[:, :, 0]) > 0).any(1).all()


def test_backgrounds_are_named() -> None:
    assert background_labels([SCENE]).tolist() == [[10, 1, 0]]
