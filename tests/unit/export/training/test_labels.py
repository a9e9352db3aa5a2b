"""Labels name what stands where."""

from __future__ import annotations

from export.training.labels import ATTRIBUTES, background_labels, cell_labels, footprint
from export.training.world import Background, Scene, Thing

STAR = Thing("star", "cyan", "large", "top left", "dotted")
SCENE = Scene((STAR, Thing("ring", "red", "small", "bottom right", "plain")), Background("black", "striped"))


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


def test_backgrounds_are_named() -> None:
    assert background_labels([SCENE]).tolist() == [[10, 1]]
