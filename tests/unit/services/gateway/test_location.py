"""Boxes become the location tokens that training gave the same boxes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from export.training.diic import box as training
from export.training.diic.location import location_tokens
from services.gateway.location import GRID, located
from services.gateway.wish import Box

SIDE = 128
EDGES = st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1))


@given(EDGES, EDGES)
def test_a_box_has_the_tokens_of_training(across: tuple[int, int], down: tuple[int, int]) -> None:
    (left, right), (top, bottom) = ((min(edges), max(edges) + 1) for edges in (across, down))
    share = Box(left / SIDE, top / SIDE, right / SIDE, bottom / SIDE)
    tokens = "".join(f"<loc-{cell}>" for cell in located(share).cells)
    assert tokens == location_tokens(training.Box(left, top, right, bottom), SIDE, SIDE)


@given(st.integers(0, GRID - 1))
def test_an_edge_between_cells_belongs_to_one(cell: int) -> None:
    assert located(Box(cell / GRID, 0.0, (cell + 1) / GRID, 1.0)).cells == (cell, 0, cell, GRID - 1)
