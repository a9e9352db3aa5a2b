"""The contact sheet of lessons: each one's ids decoded back into words, beside its pictures in their order."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from export.tokenizer import Tokenizer
from export.training.lessons.lesson import Lesson
from export.training.library import Library
from export.training.pictures import pixels_of
from export.training.sequences import Sequence, sequence_of

_FEATURES: Final = 2
_PICTURE: Final = re.compile(r"<img>(?:<img_\d+>)+</img>")
_TILE: Final = 128
_GAP: Final = 6
_COLUMNS: Final = 6
_TEXT: Final = 640
_LINE: Final = 100
_PAINTED: Final = "#00a03c"
_READ: Final = "#b0b0b0"


def decoded(sequence: Sequence, tokenizer: Tokenizer) -> str:
    """A lesson's ids as text, each turn on its own line; the n-th picture is `[n]`, in bold marks what is learned."""
    words: list[str] = []
    learning = False
    run: list[int] = []
    for token, learn in [*zip(sequence.ids, sequence.learn, strict=True), (tokenizer.bos, False)]:
        if (learn != learning or token == tokenizer.bos) and run:
            text = tokenizer.decode(run)
            words.append(f"**{text.strip()}**" if learning and text.strip() else text)
            run = []
        if token == tokenizer.bos and words:
            words.append("\n")
        learning = learn
        run.append(token)
    numbers = iter(range(1, 1000))
    return _PICTURE.sub(lambda _: f"[{next(numbers)}]", "".join(words)).strip()


def save_lessons(
    lessons: list[tuple[str, Lesson]], library: Library, tokenizer: Tokenizer, path: Path, *, features: int = _FEATURES
) -> None:
    """One row a lesson: its pictures, those to paint framed green, and its words. ValueError without lessons."""
    if not lessons:
        raise ValueError("lessons: there are none to show")
    width = _COLUMNS * (_TILE + _GAP) + _TEXT
    sheet = Image.new("RGB", (width, len(lessons) * (_TILE + _GAP)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (family, lesson) in enumerate(lessons):
        top = number * (_TILE + _GAP)
        pictures = [piece for turn in lesson for piece in turn if isinstance(piece.content, int)]
        for column, piece in enumerate(pictures[:_COLUMNS]):
            left = column * (_TILE + _GAP)
            sheet.paste(Image.fromarray(pixels_of(library.pictures[int(piece.content)])), (left, top))
            draw.rectangle((left - 2, top - 2, left + _TILE + 1, top + _TILE + 1), outline=_READ, width=2)
            if piece.learn:
                draw.rectangle((left - 2, top - 2, left + _TILE + 1, top + _TILE + 1), outline=_PAINTED, width=4)
        text = decoded(sequence_of(lesson, tokenizer, features), tokenizer)
        lines = [line for turn in f"{family}: {text}".split("\n") for line in textwrap.wrap(turn, _LINE)]
        draw.multiline_text((_COLUMNS * (_TILE + _GAP), top), "\n".join(lines[:11]), fill="black", spacing=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)
