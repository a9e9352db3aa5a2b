"""Lessons become sequences in which every position learns what comes next."""

from __future__ import annotations

from random import Random

import pytest
import torch

from export.tokenizer import Tokenizer
from export.training.lessons import Lesson, edit, other_lesson, rewrite, rewriting_lesson
from export.training.library import Library, build_library
from export.training.regression import swapped
from export.training.sequences import collate, sequence_of
from export.weights import ROOT, TOKENIZER_FILE

FEATURES, WIDTH = 4, 3


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.load(ROOT / "wegen-tiny" / TOKENIZER_FILE)


@pytest.fixture(scope="module")
def library() -> Library:
    return build_library(60)


def said(lesson: Lesson, tokenizer: Tokenizer) -> str:
    sequence = sequence_of(lesson, tokenizer, FEATURES)
    return tokenizer.decode([token for token, learn in zip(sequence.ids, sequence.learn, strict=True) if learn])


def test_a_rewriting_lesson_learns_what_follows_the_assistant(library: Library, tokenizer: Tokenizer) -> None:
    lesson = rewriting_lesson(library, Random(0))
    text = tokenizer.decode(sequence_of(lesson, tokenizer, FEATURES).ids)
    request, answer = text.split("Assistant:")
    assert request.startswith("User: Generate an image with prompt rewrite about ")
    assert said(lesson, tokenizer).strip() == answer.strip()
    assert answer.lstrip().startswith("Here is my detailed description: ")
    assert " Here is the generated image: <img><img_00000>" in answer


def test_sequences_begin_and_end_each_turn(library: Library, tokenizer: Tokenizer) -> None:
    for seed in range(30):
        lesson = other_lesson(library, Random(seed))
        ids = sequence_of(lesson, tokenizer, FEATURES).ids
        assert ids[0] == tokenizer.bos
        assert ids[-1] == tokenizer.eos
        assert ids.count(tokenizer.bos) == len(lesson)


def test_the_prompt_alone_is_a_prefix_of_the_lesson(library: Library, tokenizer: Tokenizer) -> None:
    turn = rewrite(library, 0, Random(0))
    prompt = tokenizer.encode(str(turn[0].content), bos=True)
    assert sequence_of([turn], tokenizer, FEATURES).ids[: len(prompt)] == prompt


def test_the_position_of_img_predicts_feature_zero(library: Library, tokenizer: Tokenizer) -> None:
    pictures = torch.randn(len(library.scenes), FEATURES, WIDTH)
    sequence = sequence_of([rewrite(library, 5, Random(0))], tokenizer, FEATURES)
    batch = collate([sequence], pictures)
    start = sequence.ids.index(tokenizer.id_of("<img>"))
    assert batch.paints[0].nonzero().flatten().tolist() == list(range(start, start + FEATURES))
    assert torch.equal(batch.targets[0, start : start + FEATURES], pictures[5])
    assert torch.equal(batch.features[0, start + 1 : start + 1 + FEATURES], pictures[5])
    assert not (batch.says & batch.paints).any()


def test_a_shown_picture_is_read_and_not_learned(library: Library, tokenizer: Tokenizer) -> None:
    pictures = torch.randn(len(library.scenes), FEATURES, WIDTH)
    before, _, after = library.edits[0]
    batch = collate([sequence_of([edit(library, 0, shown=True)], tokenizer, FEATURES)], pictures)
    assert int(batch.is_feature.sum()) == 2 * FEATURES
    assert int(batch.paints.sum()) == FEATURES
    assert torch.equal(batch.targets[batch.paints], pictures[after])
    assert torch.equal(batch.features[batch.is_feature][:FEATURES], pictures[before])


def test_padding_teaches_nothing(library: Library, tokenizer: Tokenizer) -> None:
    lessons = [[rewrite(library, row, Random(row))] for row in range(4)]
    sequences = [sequence_of(lesson, tokenizer, FEATURES) for lesson in lessons]
    batch = collate(sequences, torch.zeros(len(library.scenes), FEATURES, WIDTH))
    for row, sequence in enumerate(sequences):
        assert not batch.says[row, len(sequence.ids) - 1 :].any()
        assert not batch.is_feature[row, len(sequence.ids) :].any()


def test_only_what_the_model_paints_itself_is_swapped_and_in_its_place(library: Library, tokenizer: Tokenizer) -> None:
    # Feature i of picture r is (r, i, 0): where a value comes from shows in it.
    rows, places = torch.meshgrid(torch.arange(len(library.scenes)), torch.arange(FEATURES), indexing="ij")
    pictures = torch.stack([rows, places, torch.zeros_like(rows)], -1).float()
    sequences = [sequence_of([edit(library, 0, shown=True)], tokenizer, FEATURES) for _ in range(40)]
    batch = collate(sequences, pictures)
    torch.manual_seed(0)
    read = swapped(batch, pictures)
    assert torch.equal(read[~batch.own], batch.features[~batch.own])
    assert torch.equal(read[batch.own][:, 1], batch.features[batch.own][:, 1])
    share = (read[batch.own][:, 0] != batch.features[batch.own][:, 0]).float().mean()
    assert 0.2 < float(share) < 0.6
