"""The prompt's format, and how often its parts are left out."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.tokenizer import Tokenizer
from export.training.diic.caption import Caption, Span
from export.training.diic.dropping import Dropping, Kept
from export.training.diic.interleaved import interleave, written
from export.training.diic.lesson import instance_lesson, rewrite_lesson
from export.training.diic.pair import Recipe, pair_of
from export.training.diic.sources import Pixels, RewritePair, Sources
from export.training.sequences import sequence_of
from export.weights import ROOT, TOKENIZER_FILE

RED_BOX, BLUE_BOX = "<loc-56><loc-37><loc-100><loc-97>", "<loc-112><loc-112><loc-156><loc-171>"
ALL, NONE = Kept(box=True, segment=True), Kept(box=False, segment=False)


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        ((ALL, ALL), (f"<p>A red square</p><b>{RED_BOX}</b><img>r</img> beside "
                      f"<p>a blue square</p><b>{BLUE_BOX}</b><img>b</img> and a yellow one.")),
        ((NONE, Kept(box=False, segment=True)),
         "<p>A red square</p> beside <p>a blue square</p><img>b</img> and a yellow one."),
        ((Kept(box=True, segment=False), NONE),
         f"<p>A red square</p><b>{RED_BOX}</b> beside <p>a blue square</p> and a yellow one."),
    ],
)  # fmt: skip
def test_phrases_carry_what_is_kept_of_them(clip: Pixels, sources: Sources, kept: tuple[Kept, ...], text: str) -> None:
    parts = interleave(pair_of(clip, sources, Recipe(t_ref=3)), kept)
    assert written(parts, ["r", "b"]) == text
    assert all(isinstance(a, int) or isinstance(b, int) for a, b in pairwise(parts))


def test_a_lesson_learns_the_frame_and_only_the_frame(clip: Pixels, sources: Sources) -> None:
    tokenizer = Tokenizer.load(ROOT / "wegen-tiny" / TOKENIZER_FILE)
    parts = interleave(pair_of(clip, sources, Recipe(t_ref=3)), (ALL, ALL))
    sequence = sequence_of(instance_lesson(parts, (5, 6), 9), tokenizer, features=2)
    assert [row for row in sequence.rows if row >= 0] == [5, 5, 6, 6, 9, 9]
    learned = tokenizer.decode(token for token, learn in zip(sequence.ids, sequence.learn, strict=True) if learn)
    assert learned == "<img><img_00000><img_00001></img>"
    text = tokenizer.decode(sequence.ids)
    assert f"<b>{RED_BOX}</b><img><img_00000>" in text
    assert text.startswith("[INST] Generate a painting: <p>A red square</p>")


def test_a_rewrite_lesson_learns_the_dense_caption_and_the_frame() -> None:
    pieces = rewrite_lesson(RewritePair("brief", "Dense."), 4)[0]
    assert [(piece.content, piece.learn) for piece in pieces] == [
        ("User: Generate an image with prompt rewrite about brief.\nAssistant:", False),
        (" Here is my detailed description: Dense. Here is the generated image: ", True),
        (4, True),
    ]


@given(st.integers(0, 1000))
def test_boxes_and_segments_are_left_out_independently_at_the_given_rate(seed: int) -> None:
    kept = Dropping().draw(Random(seed), 3000)
    assert kept == Dropping().draw(Random(seed), 3000)
    boxes, segments = sum(not one.box for one in kept), sum(not one.segment for one in kept)
    both = sum(not one.box and not one.segment for one in kept)
    assert boxes / 3000 == pytest.approx(0.3, abs=0.05)
    assert segments / 3000 == pytest.approx(0.3, abs=0.05)
    assert both / 3000 == pytest.approx(0.09, abs=0.03)


def test_wrong_chances_and_spans_are_refused() -> None:
    with pytest.raises(ValueError, match=r"segment 1\.5 is not a probability"):
        Dropping(segment=1.5)
    with pytest.raises(ValueError, match="spans"):
        Caption("abc", (Span(1, 5),))
    with pytest.raises(ValueError, match="begins before"):
        Caption("abcdef", (Span(0, 3), Span(2, 4)))
