"""Captions as a language model is asked to write them: instance phrases in square brackets."""

from __future__ import annotations

import re
from typing import Final

from export.training.diic.caption import Caption, caption_of

CAPTION_REQUEST: Final = (
    "Describe this picture in one precise sentence. Put square brackets around every phrase that names something one "
    "could draw a box around, with its article, and around nothing abstract. "
    "Example: [A girl] in pink shirt and golden hair is playing with her [golden retriever] on [the bed]."
)
BRIEF_REQUEST: Final = "Describe this picture in at most ten words."
DENSE_REQUEST: Final = (
    "Describe this picture in detail, in about sixty words: what it shows, where it is, colours, light and style."
)

_PHRASE: Final = re.compile(r"\[([^\[\]]*)\]")


def marked_caption(text: str) -> Caption:
    """The caption in which `[phrases]` name instances; stray brackets, white space and empty phrases go."""
    text = " ".join(text.split())
    pieces: list[tuple[str, bool]] = []
    at = 0
    for match in _PHRASE.finditer(text):
        phrase = match[1].strip()
        pieces += [(_bare(text[at : match.start()]), False), (phrase, bool(phrase))]
        at = match.end()
    return caption_of([*pieces, (_bare(text[at:]), False)])


def _bare(text: str) -> str:
    return text.replace("[", "").replace("]", "")
