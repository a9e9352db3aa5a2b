"""The text vocabulary of the small preset: sentencepiece, set up as LLaMA's."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from random import Random

import sentencepiece

from export.training.prompts import TEMPLATES
from export.training.talk.edits import edit_of
from export.training.talk.questions import question_of
from export.training.wording import sentences
from export.training.world import Split, brief_of, dense_caption, scene_at

_BOS, _EOS = 1, 2


def corpus(scenes: int = 3000) -> Iterator[str]:
    """What the vocabulary is learned from: captions, requests and answers of the world, and chat wording."""
    for _ in range(30):
        yield from sentences()
    for _ in range(scenes):
        yield from TEMPLATES
    for index in range(scenes):
        random = Random(index)  # noqa: S311 - a seeded corpus
        scene = scene_at(Split.TRAIN, index)
        yield brief_of(scene, random).text
        yield dense_caption(scene, random)
        exchange = question_of(scene, random)
        yield f"{exchange.question} {exchange.answer}"
        edit = edit_of(scene, random)
        if edit is not None:
            yield edit.request


def train_tokenizer(path: Path, vocabulary: int) -> None:
    """Write a sentencepiece model of exactly `vocabulary` pieces, byte fallback among them (UNK 0, BOS 1, EOS 2)."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=corpus(),
        model_writer=model,
        vocab_size=vocabulary,
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        character_coverage=1.0,
        unk_id=0,
        bos_id=_BOS,
        eos_id=_EOS,
        pad_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())
