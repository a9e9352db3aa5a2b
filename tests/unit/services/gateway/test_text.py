"""Tokens to text, captions out of answers, near-duplicates, seeds and intent."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway import seeds
from services.gateway.caption import CaptionReader
from services.gateway.intent import Manner, Picture, is_change, planned
from services.gateway.limits import MAX_SEED
from services.gateway.similarity import Distinct, normal_form, similarity
from services.gateway.wish import Box, ImageRef, Instance, Rewrite, Task, Wish
from services.size import Size
from tests.fakes.generator import dense
from tests.fakes.tokenizer import tokenizer

TOKENIZER = tokenizer()


def in_chunks(items: str | tuple[int, ...], cuts: list[int]) -> list[str] | list[tuple[int, ...]]:
    edges = [0, *sorted(cut % (len(items) + 1) for cut in cuts), len(items)]
    return [items[start:stop] for start, stop in pairwise(edges)]  # type: ignore[return-value]


CUTS = st.lists(st.integers(0, 1000), max_size=8)


@given(st.text(), CUTS)
def test_text_comes_back_whole_whatever_the_chunks(text: str, cuts: list[int]) -> None:
    reader = TOKENIZER.reader()
    pieces = [reader.feed(chunk) for chunk in in_chunks(TOKENIZER.encode(text), cuts)]  # type: ignore[arg-type]
    # sentencepiece writes its word mark for a space; the mark itself in a text is a space to it.
    assert "".join(pieces) + reader.end() == (" " + text.replace("\u2581", " ") if text else "")


@given(st.lists(st.integers(0, TOKENIZER.tokens.text_vocab + 400)), CUTS)
def test_any_ids_give_the_same_text_in_any_chunks(ids: list[int], cuts: list[int]) -> None:
    whole, parts = TOKENIZER.reader(), TOKENIZER.reader()
    expected = whole.feed(ids) + whole.end()
    assert "".join(parts.feed(chunk) for chunk in in_chunks(tuple(ids), cuts)) + parts.end() == expected  # type: ignore[arg-type]


def test_the_prompts_end_is_a_token_border() -> None:
    for prompt, answer in [
        (
            "User: Generate an image with prompt rewrite about a cat.\nAssistant:",
            " Here is my detailed description: a cat",
        ),
        ("[INST] What is it? [/INST]\n", "It is red."),
    ]:
        ids = TOKENIZER.encode(prompt)
        assert TOKENIZER.encode(prompt + answer)[: len(ids)] == ids


@given(st.text(alphabet="ab é.\n", max_size=30), st.text(alphabet="ab é.\n", min_size=1, max_size=30))
def test_an_answer_read_and_remembered_is_the_ids_that_were_generated(request: str, answer: str) -> None:
    asked, answered = TOKENIZER.encode(f"[INST] {request} [/INST]\n"), TOKENIZER.encode(answer)
    reader = TOKENIZER.reader()
    remembered = f"[INST] {request} [/INST]\n" + reader.feed(answered) + reader.end()
    assert TOKENIZER.encode(remembered) == asked + answered


@given(st.text(alphabet="aHer is:\n", max_size=40), CUTS)
def test_a_caption_grows_to_the_same_end_whatever_the_chunks(words: str, cuts: list[int]) -> None:
    answer = dense(words)
    reader = CaptionReader()
    grown = "".join(reader.feed(chunk) for chunk in in_chunks(answer, cuts)) + reader.end()  # type: ignore[arg-type]
    assert grown == reader.text == words.strip()


@given(st.text(alphabet="aHer is my dtal:", max_size=80), CUTS)
def test_an_answer_of_any_form_has_one_caption(answer: str, cuts: list[int]) -> None:
    whole, parts = CaptionReader(), CaptionReader()
    expected = whole.feed(answer) + whole.end()
    assert "".join(parts.feed(chunk) for chunk in in_chunks(answer, cuts)) + parts.end() == expected  # type: ignore[arg-type]


@given(st.text(), st.text())
def test_similarity_is_symmetric_and_bounded(first: str, second: str) -> None:
    left, right = normal_form(first), normal_form(second)
    assert 0 <= similarity(left, right) <= 1
    assert similarity(left, right) == similarity(right, left)
    assert similarity(left, left) == 1


def test_case_and_punctuation_make_no_difference_but_a_word_in_ten_does() -> None:
    kept = Distinct(0.9)
    kept.keep("A large red circle, in the middle of a blue field.")
    assert kept.is_duplicate("a LARGE red circle in the middle of a blue field")
    assert not kept.is_duplicate("A large red circle, in the middle of a green field.")


@given(st.integers(0, MAX_SEED), st.integers(0, 100))
def test_seeds_are_stable_and_in_range(seed: int, index: int) -> None:
    assert 0 <= seeds.derived(seed, index) <= MAX_SEED
    assert seeds.derived(seed, 0) == seed


def test_derived_seeds_never_change() -> None:
    assert (
        seeds.derived(7, 1)
        == int.from_bytes(__import__("hashlib").sha256(b"wegen.v1/candidate/7/1").digest()[:8], "big") % 2**63
    )


def wish(*content: str | ImageRef | Instance, **changes: object) -> Wish:
    plain = Wish("", content, Task.AUTO, Rewrite.AUTO, 1, 0, 4, 3.0, None, None, 1.0, None, 0, Size(16, 16))
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


CAT = ImageRef("cat")
STAR = Instance("a star", Box(0.0, 0.0, 0.5, 0.5))


@pytest.mark.parametrize(
    ("wanted", "has_picture", "manner", "picture"),
    [
        (wish("a red circle"), False, Manner.REWRITE, Picture.FORCED),
        (wish("a red circle"), True, Manner.REWRITE, Picture.FORCED),
        (wish("word " * 30), False, Manner.PAINT, Picture.FORCED),
        (wish("word " * 30, rewrite=Rewrite.ON), False, Manner.REWRITE, Picture.FORCED),
        (wish("a red circle", rewrite=Rewrite.OFF), False, Manner.PAINT, Picture.FORCED),
        (wish("How many circles are there?"), True, Manner.CHAT, Picture.NEVER),
        (wish("Describe this picture.", CAT), False, Manner.CHAT, Picture.NEVER),
        (wish(CAT), False, Manner.CHAT, Picture.NEVER),
        (wish("can you draw a red circle?"), False, Manner.REWRITE, Picture.FORCED),
        (wish("make it blue"), True, Manner.CHAT, Picture.ALLOWED),
        (wish("make it blue"), False, Manner.REWRITE, Picture.FORCED),
        (wish("make a picture of a cat"), True, Manner.REWRITE, Picture.FORCED),
        (wish(CAT, "Make the cat green."), False, Manner.CHAT, Picture.ALLOWED),
        (wish(CAT, "on the moon"), False, Manner.CHAT, Picture.FORCED),
        (wish("paint", STAR), False, Manner.CHAT, Picture.FORCED),
        (wish(STAR), False, Manner.CHAT, Picture.FORCED),
        (wish("Move it to", STAR), True, Manner.CHAT, Picture.FORCED),
        (wish("What is left of", STAR, "?"), True, Manner.CHAT, Picture.NEVER),
        (wish("a red circle", task=Task.CHAT), False, Manner.CHAT, Picture.ALLOWED),
        (wish("what is a circle?", task=Task.GENERATE), False, Manner.REWRITE, Picture.FORCED),
        (wish(CAT, "what is it?", task=Task.GENERATE), False, Manner.CHAT, Picture.FORCED),
    ],
)
def test_messages_are_answered_as_documented(wanted: Wish, has_picture: bool, manner: Manner, picture: Picture) -> None:
    plan = planned(wanted, has_picture=has_picture, rewrite_max_words=20)
    assert (plan.manner, plan.picture) == (manner, picture)


@pytest.mark.parametrize(
    "text",
    [
        "Shift the cross to the left.",
        "Erase the red star.",
        "Take the star away.",
        "Draw the ring small.",
        "Draw a large pink triangle at the bottom too.",
        "I also want a striped yellow cross at the top.",
        "now redraw this picture in pastel style",
        "Show the picture in dark style.",
        "Show this coarse picture in full detail.",
        "Clean up this noisy picture.",
        "A part of this image is missing. Complete it.",
    ],
)
def test_what_one_says_about_a_picture_that_is_there_asks_to_change_it(text: str) -> None:
    assert is_change(text)


@pytest.mark.parametrize(
    "text",
    [
        "a red star and a blue ring",
        "Draw a red star.",
        "Draw me a picture of a cat",
        "show me an image of a ring",
        "Show a garden at night",
        "take a photo of a dog",
        "I want a red star",
        "the image of a saint, restored",
        "shifting sands",
    ],
)
def test_a_new_wish_is_no_change(text: str) -> None:
    assert not is_change(text)
