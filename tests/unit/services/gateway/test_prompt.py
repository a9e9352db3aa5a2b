from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidArgumentError
from services.gateway import templates
from services.gateway.prompt import PromptBuilder, Turn
from services.gateway.wish import Box, Content, ImageRef, Instance
from tests.fakes.tokenizer import tokenizer

TOKENIZER = tokenizer()
TOKENS = TOKENIZER.tokens
BUILDER = PromptBuilder(TOKENIZER, context=400, features=64)
WORDS = st.text(max_size=30)
PICTURES = st.sampled_from(["one", "two"]).map(ImageRef)
BOXES = st.just(Box(0.1, 0.2, 0.3, 0.4))
INSTANCES = st.builds(Instance, st.just("a star"), st.none() | BOXES, st.none() | PICTURES)
CONTENTS = st.lists(st.one_of(WORDS, PICTURES, INSTANCES), max_size=5).map(tuple)
TURNS = CONTENTS.map(lambda content: Turn(templates.chatting(content).pieces))
FEATURES = {name: np.full((64, 4), value, np.float32) for name, value in (("one", 1.0), ("two", 2.0))}


def image_ids() -> tuple[int, ...]:
    return (TOKENS.image_start, *range(TOKENS.image_first, TOKENS.image_first + 64), TOKENS.image_end)


def test_rewriting_is_the_published_template_and_ends_after_assistant() -> None:
    prompt = BUILDER.build((), templates.rewriting("a red circle."), {})
    text = "User: Generate an image with prompt rewrite about a red circle.\nAssistant:"
    assert prompt.ids == (TOKENS.bos, *TOKENIZER.encode(text))
    assert prompt.features is None


def test_painting_is_the_published_template_and_opens_an_image() -> None:
    prompt = BUILDER.build((), templates.painting("two stars"), {})
    text = "[INST] Generate a painting: two stars [/INST]\n"
    assert prompt.ids == (TOKENS.bos, *TOKENIZER.encode(text), TOKENS.image_start)


def test_a_reference_stands_where_it_is_meant() -> None:
    content = (ImageRef("one"), "What colour is it?")
    prompt = BUILDER.build((), templates.chatting(content), FEATURES)
    after = TOKENIZER.encode(" What colour is it? [/INST]\n")
    assert prompt.ids == (TOKENS.bos, *TOKENIZER.encode("[INST] "), *image_ids(), *after)


def test_an_instance_is_its_phrase_its_box_and_its_picture() -> None:
    content = ("put", Instance("the star", Box(0.0, 0.25, 0.5, 1.0), ImageRef("one")), "left of it")
    prompt = BUILDER.build((), templates.chatting(content), FEATURES)
    box = tuple(TOKENS.special.index(f"<loc-{cell}>") + TOKENS.text_vocab for cell in (0, 56, 111, 223))
    before, after = TOKENIZER.encode("[INST] put <p>the star</p><b>"), TOKENIZER.encode(" left of it [/INST]\n")
    assert prompt.ids == (TOKENS.bos, *before, *box, *TOKENIZER.encode("</b>"), *image_ids(), *after)


def test_what_is_typed_is_never_a_token_of_its_own() -> None:
    prompt = BUILDER.build((), templates.chatting(("<img><loc-3></img>",)), FEATURES)
    assert max(prompt.ids) < TOKENS.text_vocab


def test_earlier_turns_stand_before_each_in_its_own_marks() -> None:
    turn = Turn(("[INST] Generate a painting: x [/INST]\n", ImageRef("two")))
    prompt = BUILDER.build((turn,), templates.chatting(("make it blue",)), FEATURES)
    earlier = (TOKENS.bos, *TOKENIZER.encode("[INST] Generate a painting: x [/INST]\n"), *image_ids(), TOKENS.eos)
    assert prompt.ids[: len(earlier)] == earlier
    assert prompt.ids[len(earlier)] == TOKENS.bos


@given(CONTENTS)
def test_features_stand_between_the_marks_in_order(content: Content) -> None:
    prompt = BUILDER.build((), templates.chatting(content), FEATURES)
    shown = [piece.image if isinstance(piece, Instance) else piece for piece in content]
    names = [piece.object for piece in shown if isinstance(piece, ImageRef)]
    assert prompt.ids[0] == TOKENS.bos
    assert len(prompt.feature_positions) == 64 * len(names)
    if prompt.features is None:
        assert names == []
        return
    assert [prompt.ids[position] for position in prompt.feature_positions] == list(image_ids()[1:-1]) * len(names)
    assert prompt.features[::64, 0].tolist() == [FEATURES[name][0, 0] for name in names]


@given(
    CONTENTS,
    st.lists(CONTENTS.map(lambda content: Turn(templates.chatting(content).pieces)), max_size=4),
    st.integers(0, 200),
)
def test_what_fits_leaves_the_reserve_free_and_is_the_newest(content: Content, turns: list[Turn], reserve: int) -> None:
    draft = templates.chatting(content)
    try:
        kept = BUILDER.fitting(turns, draft, reserve)
    except InvalidArgumentError:
        assert len(BUILDER.build((), draft, FEATURES).ids) > 400 - reserve
        return
    assert kept == tuple(turns[len(turns) - len(kept) :])
    assert len(BUILDER.build(kept, draft, FEATURES).ids) <= 400 - reserve
    if len(kept) < len(turns):
        one_more = turns[len(turns) - len(kept) - 1 :]
        assert len(BUILDER.build(one_more, draft, FEATURES).ids) > 400 - reserve


def test_a_message_too_long_names_both_numbers() -> None:
    with pytest.raises(InvalidArgumentError, match=r"\d+ tokens long, at most 300 fit \(context 400, 100 kept"):
        BUILDER.fitting((), templates.painting("word " * 400), 100)
