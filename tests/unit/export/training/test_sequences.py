"""Lessons become sequences in which every position learns what comes next."""

from __future__ import annotations

from random import Random

import torch

from export.tokenizer import Tokenizer
from export.training.lessons.editing import editing_lesson
from export.training.lessons.lesson import Lesson
from export.training.lessons.painting import rewriting_lesson, rewritten
from export.training.library import Library
from export.training.regression import by_family, swapped
from export.training.sequences import packed, sequence_of

FEATURES, WIDTH = 4, 3


def said(lesson: Lesson, tokenizer: Tokenizer) -> str:
    sequence = sequence_of(lesson, tokenizer, FEATURES)
    return tokenizer.decode([token for token, learn in zip(sequence.ids, sequence.learn, strict=True) if learn])


def rows_of(lesson: Lesson) -> list[int]:
    return [piece.content for turn in lesson for piece in turn if isinstance(piece.content, int)]


def test_a_rewriting_lesson_learns_what_follows_the_assistant(library: Library, tokenizer: Tokenizer) -> None:
    lesson = rewriting_lesson(library, Random(0))
    text = tokenizer.decode(sequence_of(lesson, tokenizer, FEATURES).ids)
    request, answer = text.split("Assistant:")
    assert request.startswith("User: Generate an image with prompt rewrite about ")
    assert said(lesson, tokenizer).strip() == answer.strip()
    assert answer.lstrip().startswith("Here is my detailed description: ")
    assert " Here is the generated image: <img><img_00000>" in answer


def test_the_prompt_alone_is_a_prefix_of_the_lesson(library: Library, tokenizer: Tokenizer) -> None:
    turn = rewritten(library, 0, Random(0))
    prompt = tokenizer.encode(str(turn[0].content), bos=True)
    assert sequence_of([turn], tokenizer, FEATURES).ids[: len(prompt)] == prompt


def test_the_position_of_img_predicts_feature_zero(library: Library, tokenizer: Tokenizer) -> None:
    pictures = torch.randn(len(library.pictures), FEATURES, WIDTH)
    sequence = sequence_of([rewritten(library, 5, Random(0))], tokenizer, FEATURES)
    batch = packed([sequence], pictures)
    start = sequence.ids.index(tokenizer.id_of("<img>"))
    assert batch.layout.paints.tolist() == list(range(start, start + FEATURES))
    assert torch.equal(batch.targets, pictures[5])
    assert torch.equal(batch.features[start + 1 : start + 1 + FEATURES], pictures[5])
    assert not set(batch.layout.says.tolist()) & set(batch.layout.paints.tolist())


def test_a_shown_picture_is_read_and_not_learned(library: Library, tokenizer: Tokenizer) -> None:
    pictures = torch.randn(len(library.pictures), FEATURES, WIDTH)
    lesson = editing_lesson(library, Random(0))
    shown, made = rows_of(lesson)
    batch = packed([sequence_of(lesson, tokenizer, FEATURES)], pictures)
    assert int(batch.layout.is_feature.sum()) == 2 * FEATURES
    assert len(batch.layout.paints) == FEATURES
    assert torch.equal(batch.targets, pictures[made])
    assert torch.equal(batch.features[batch.layout.is_feature][:FEATURES], pictures[shown])
    assert not batch.features[~batch.layout.is_feature].any()


def test_sequences_in_a_batch_are_those_alone(library: Library, tokenizer: Tokenizer) -> None:
    pictures = torch.randn(len(library.pictures), FEATURES, WIDTH)
    sequences = [sequence_of(editing_lesson(library, Random(seed)), tokenizer, FEATURES) for seed in range(3)]
    batch, alone = packed(sequences, pictures), [packed([sequence], pictures) for sequence in sequences]
    lengths = batch.layout.lengths
    assert lengths == tuple(len(sequence) - 1 for sequence in sequences)
    for name in ("ids", "rows", "is_feature", "tokens", "own", "positions"):
        assert torch.equal(getattr(batch.layout, name), torch.cat([getattr(each.layout, name) for each in alone])), name
    for name in ("features", "targets"):
        assert torch.equal(getattr(batch, name), torch.cat([getattr(each, name) for each in alone])), name
    starts = [sum(lengths[:number]) for number in range(len(lengths))]
    for name in ("says", "paints"):
        there = [start + getattr(each.layout, name) for start, each in zip(starts, alone, strict=True)]
        assert torch.equal(getattr(batch.layout, name), torch.cat(there)), name
    assert batch.layout.owner.bincount().tolist() == list(lengths)


def test_only_what_the_model_paints_itself_is_swapped_and_in_its_place(library: Library, tokenizer: Tokenizer) -> None:
    # Feature i of picture r is (r, i, 0): where a value comes from shows in it.
    rows, places = torch.meshgrid(torch.arange(len(library.pictures)), torch.arange(FEATURES), indexing="ij")
    pictures = torch.stack([rows, places, torch.zeros_like(rows)], -1).float()
    sequences = [sequence_of(editing_lesson(library, Random(0)), tokenizer, FEATURES) for _ in range(40)]
    batch = packed(sequences, pictures)
    torch.manual_seed(0)
    read = swapped(batch, pictures)
    own = batch.layout.own
    assert torch.equal(read[~own], batch.features[~own])
    assert torch.equal(read[own][:, 1], batch.features[own][:, 1])
    share = (read[own][:, 0] != batch.features[own][:, 0]).float().mean()
    assert 0.2 < float(share) < 0.6


def test_losses_are_told_apart_by_family() -> None:
    values, owner = torch.tensor([1.0, 3.0, 10.0, 20.0]), torch.tensor([0, 1, 2, 2])
    means = by_family("text", values, owner, ["asking", "asking", "editing", "talking"])
    assert {name: float(value) for name, value in means.items()} == {"text/asking": 2.0, "text/editing": 15.0}
