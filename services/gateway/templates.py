"""The model's prompt templates, as it was trained on them (published WeGen inference code)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from services.gateway.location import Location, located
from services.gateway.wish import Content, ImageRef, Instance

Piece = str | ImageRef | Location
Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A prompt before it is ids: text, references, boxes; `opens_image` ends it with `<img>`, so features come next."""

    pieces: Pieces
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


def merged(pieces: Iterable[Piece]) -> Pieces:
    """`pieces` with neighbouring texts joined: what stands between special tokens is tokenised as one."""
    result: list[Piece] = []
    for is_text, run in groupby(pieces, lambda piece: isinstance(piece, str)):
        if is_text:
            result.append("".join(piece for piece in run if isinstance(piece, str)))
        else:
            result.extend(run)
    return tuple(piece for piece in result if piece)


def _trimmed(content: Content) -> Pieces:
    """`content` without blank edges; words after a piece stand one space off, as in training."""
    pieces: list[Piece] = []
    for piece in content:
        match piece:
            case ImageRef():
                pieces.append(piece)
            case Instance():
                pieces += [" "] if pieces else []
                pieces += _interleaved(piece)
            case _ if text := piece.strip():
                spaced = bool(pieces) and text[0].isalnum()
                pieces.append(f" {text}" if spaced else text)
    return tuple(pieces)


def _interleaved(instance: Instance) -> list[Piece]:
    """`<p>phrase</p><b>{box}</b><img>{features}</img>` (WeGen, 3.2), without what is not known."""
    pieces: list[Piece] = [f"<p>{instance.phrase}</p>"]
    pieces += ["<b>", located(instance.box), "</b>"] if instance.box else []
    pieces += [instance.image] if instance.image else []
    return pieces
