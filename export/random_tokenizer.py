"""A stand-in tokenizer for random weights: sentencepiece trained on generated sentences."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator

import sentencepiece

from export.presets import Preset

_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black", "grey", "brown", "teal")
_SHAPES = ("circle", "square", "triangle", "star", "ring", "cross", "diamond", "heart", "hexagon", "crescent")
_PLACES = ("left", "right", "top", "bottom", "centre", "corner", "middle", "edge", "upper half", "lower half")
_TEMPLATES = (
    "User: Generate an image with prompt rewrite about a {a} {s} on a {b} background.",
    "Assistant: Here is my detailed description: a large {a} {s} stands at the {p} of a plain {b} picture.",
    "[INST] Generate a painting: two small {s}s, one {a} and one {b}, near the {p} [/INST]",
    "What is shown at the {p}? There is a {b} {s} beside another {a} {s}, softly striped and brightly lit.",
)


def train_tokenizer(preset: Preset) -> bytes:
    """A sentencepiece model with byte fallback and exactly the preset's text vocabulary, the same each time."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_sentences(),
        model_writer=model,
        vocab_size=preset.language.text_vocab,
        model_type="bpe",
        byte_fallback=True,
        character_coverage=1.0,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def _sentences() -> Iterator[str]:
    colours = list(itertools.permutations(_COLOURS, 2))
    for number, (a, b) in enumerate(colours):
        for template in _TEMPLATES:
            yield template.format(a=a, b=b, s=_SHAPES[number % len(_SHAPES)], p=_PLACES[number % len(_PLACES)])
