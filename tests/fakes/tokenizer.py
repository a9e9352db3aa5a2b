"""A small tokenizer set up as the real ones are: sentencepiece BPE with byte fallback, 330 special tokens behind."""

from __future__ import annotations

import functools
import io

import sentencepiece

from services.gateway.tokenizer import Tokenizer
from services.manifest import TokenSpec

_CORPUS = (
    "User: Generate an image with prompt rewrite about a red circle on a blue background.",
    "Assistant: Here is my detailed description: a large green square stands left of a small yellow triangle.",
    "Here is the generated image: [INST] Generate a painting: two black stars [/INST]",
    "What colour is it? It is red. Make it blue and put a hat on the cat.",
)
VOCABULARY = 400


@functools.cache
def _model() -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_CORPUS * 4),
        model_writer=model,
        vocab_size=VOCABULARY,
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        character_coverage=1.0,
        hard_vocab_limit=False,
        pad_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def tokens() -> TokenSpec:
    """Ids as an export gives them."""
    size = sentencepiece.SentencePieceProcessor(model_proto=_model()).get_piece_size()
    images = tuple(f"<img_{i:05d}>" for i in range(100))
    locations = tuple(f"<loc-{i}>" for i in range(224))
    return TokenSpec(
        bos=1,
        eos=2,
        text_vocab=size,
        image_start=size,
        image_end=size + 1,
        image_first=size + 2,
        special=("<img>", "</img>", *images, *locations, "<patch>", "</patch>", "<box_start>", "<box_end>"),
    )


def tokenizer() -> Tokenizer:
    """The tokenizer."""
    return Tokenizer(_model(), tokens())
