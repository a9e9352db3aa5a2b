"""Lessons can be looked at as the model gets them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from export.tokenizer import Tokenizer
from export.training.lessons.contact import decoded, save_lessons
from export.training.lessons.editing import editing_lesson
from export.training.lessons.talking import talking_lesson
from export.training.library import Library
from export.training.pictures import pixels_of
from export.training.sequences import sequence_of


def test_a_lesson_reads_back_with_its_pictures_and_what_is_learned(library: Library, tokenizer: Tokenizer) -> None:
    lesson = editing_lesson(library, Random(0))
    text = decoded(sequence_of(lesson, tokenizer, 2), tokenizer)
    request, answer = text.split("[/INST]")
    assert request.startswith("[INST]")
    assert "[1]" in request
    assert answer.strip().startswith("**Here is my detailed description:")
    assert answer.endswith("[2]**")


def test_every_turn_has_its_line(library: Library, tokenizer: Tokenizer) -> None:
    lesson = next(each for seed in range(40) if len(each := talking_lesson(library, Random(seed))) == 3)
    text = decoded(sequence_of(lesson, tokenizer, 2), tokenizer)
    assert text.count("\n[INST]") >= 2


def test_the_sheet_shows_what_is_read_and_what_is_painted(
    library: Library, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    lesson = editing_lesson(library, Random(0))
    save_lessons([("editing", lesson)], library, tokenizer, tmp_path / "deep" / "sheet.png")
    sheet = np.asarray(Image.open(tmp_path / "deep" / "sheet.png").convert("RGB"))
    rows = [piece.content for turn in lesson for piece in turn if isinstance(piece.content, int)]
    for column, row in enumerate(rows):
        shown = sheet[4:124, column * 134 + 4 : column * 134 + 124]
        assert np.array_equal(shown, pixels_of(library.pictures[row])[4:124, 4:124])


def test_nothing_to_show_is_an_error(library: Library, tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lessons"):
        save_lessons([], library, tokenizer, tmp_path / "sheet.png")
