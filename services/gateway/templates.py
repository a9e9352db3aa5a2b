"""The model's prompt templates, as it was trained on them (published WeGen inference code)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from services.gateway.wish import Content, ImageRef, Piece


@dataclass(frozen=True, slots=True)
class Draft:
    """A prompt before it is ids: text and references; `opens_image` ends it with `<img>`, so features come next."""

    pieces: Content
    opens_image: bool = False


def rewriting(brief: str) -> Draft:
    """Ask for a dense caption of `brief`, then its picture; the answer begins ` Here is my detailed description:`."""
    wish = brief.rstrip(". ") or brief
    return Draft((f"User: Generate an image with prompt rewrite about {wish}.\nAssistant:",))


def painting(instruction: str) -> Draft:
    """Ask for the picture of `instruction` at once."""
    return Draft((f"[INST] Generate a painting: {instruction} [/INST]\n",), opens_image=True)


def chatting(content: Content) -> Draft:
    """Ask anything about text and references."""
    return Draft(merged(("[INST] ", *_trimmed(content), " [/INST]\n")))


def merged(pieces: Iterable[Piece]) -> Content:
    """`pieces` with neighbouring texts joined: what stands between special tokens is tokenised as one."""
    result: list[Piece] = []
    for is_text, run in groupby(pieces, lambda piece: isinstance(piece, str)):
        if is_text:
            result.append("".join(piece for piece in run if isinstance(piece, str)))
        else:
            result.extend(run)
    return tuple(piece for piece in result if piece)


def _trimmed(content: Content) -> Content:
    """`content` without blank edges; words after a piece stand one space off, as in training."""
    pieces: list[Piece] = []
    for piece in content:
        if isinstance(piece, ImageRef):
            pieces.append(piece)
        elif text := piece.strip():
            spaced = bool(pieces) and text[0].isalnum()
            pieces.append(f" {text}" if spaced else text)
    return tuple(pieces)
