"""`python -m export.training.lessons`: a contact sheet of lessons of every kind, as the language model gets them."""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

from export import presets
from export.tokenizer import Tokenizer
from export.training.lessons.contact import save_lessons
from export.training.lessons.mix import LESSONS
from export.training.stocking import Contents, build_library
from export.weights import TOKENIZER_FILE, default_folder


def main(argv: list[str] | None = None) -> None:
    """Write the sheet asked for."""
    parser = argparse.ArgumentParser(prog="python -m export.training.lessons", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the sheet, a PNG")
    parser.add_argument("--each", type=int, default=2, help="lessons of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", type=int, default=600, help="how large a library to draw from")
    parser.add_argument("--tokenizer", type=Path, default=None, help="default: the shipped preset's")
    arguments = parser.parse_args(argv)
    preset = presets.load("wegen-tiny")
    tokenizer = Tokenizer.load(arguments.tokenizer or default_folder(preset) / TOKENIZER_FILE)
    library = build_library(Contents(arguments.pictures))
    lessons = [
        (family, draw(library, Random(f"sheet/{arguments.seed}/{family}/{number}")))  # noqa: S311 - a seeded choice
        for family, draw in LESSONS.items()
        for number in range(arguments.each)
    ]
    save_lessons(lessons, library, tokenizer, arguments.out)


if __name__ == "__main__":
    main()
