"""The text vocabulary of the small preset: sentencepiece, set up as LLaMA's."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import sentencepiece

from export.presets.preset import special_tokens
from export.training.lessons.mix import Mix, Shares
from export.training.prompts import TEMPLATES
from export.training.stocking import Contents, build_library
from export.training.wording import sentences

_BOS, _EOS = 1, 2
_STEP = 100


def corpus(lessons: int = 6000) -> Iterator[str]:
    """What the vocabulary is learned from: the words of lessons of every kind, and everyday chat."""
    for _ in range(30):
        yield from sentences()
    for _ in range(lessons // 2):
        yield from TEMPLATES
    yield from islice(_stretches(Mix(build_library(Contents(1500)), Shares(), seed=0)), 3 * lessons)


def _stretches(mix: Mix) -> Iterator[str]:
    """What stands between special tokens, without end: each stretch is encoded on its own."""
    special = re.compile("|".join(map(re.escape, special_tokens())))
    for step in count():
        for _, lesson in mix.lessons(step, _STEP):
            texts = (piece.content for turn in lesson for piece in turn if isinstance(piece.content, str))
            yield from (stretch for text in texts for stretch in special.split(text) if stretch)


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
