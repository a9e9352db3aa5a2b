"""MultiBench: two or three subjects in one picture (UNIMO-G section 4 and appendix B), by number of references.

UNIMO-G describes MultiBench (4 categories of 10 objects, templates for 2 and 3 of them, 2300 prompts, 4 pictures
each) without a format of files. This one is read, and WeGen's own benchmark of faces fits it as well:

    <folder>/<category>/<object>.jpg        a picture of an object (.jpg, .jpeg, .png or .webp)
    <folder>/prompts.jsonl                  {"prompt": "a {0} beside a {1}", "subjects": ["food/apple", "toys/bear"]}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, Field, ValidationError

from bench.quality.picture import SUFFIXES, Picture, read
from bench.quality.subjects.message import Content, order
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.fidelity import fidelity, real_embeddings
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.score import Outcome, Tally
from export.training.sheet import Tile
from services.errors import InvalidArgumentError, NotFoundError, first_problem

SUITE = "multibench"
ALL = "all prompts"
PROMPTS_FILE: Final = "prompts.jsonl"
_PLACE = re.compile(r"\{(\d)\}")
_SHOWN = 16


class Case(BaseModel):
    """A prompt with a place {i} for each of its subjects, named `category/object`."""

    prompt: str
    subjects: list[str] = Field(min_length=2, max_length=3)

    @property
    def text(self) -> str:
        """The prompt in words alone, for CLIP-T."""
        return _PLACE.sub(lambda found: _word(self.subjects[int(found[1])]), self.prompt)

    def content(self, pictures: dict[str, Picture]) -> Content:
        """The prompt with each subject's name and then its picture where it is meant."""
        pieces: list[str | Picture] = []
        for index, part in enumerate(_PLACE.split(self.prompt)):
            if index % 2:
                name = self.subjects[int(part)]
                before = pieces.pop() if pieces and isinstance(pieces[-1], str) else ""
                pieces += [f"{before}{_word(name)}", pictures[name]]
            elif part:
                pieces.append(part)
        return pieces


@dataclass(frozen=True, slots=True)
class MultiBench:
    """Prompts, and each subject's picture file."""

    cases: tuple[Case, ...]
    files: dict[str, Path]

    @classmethod
    def load(cls, folder: Path, *, limit: int | None = None) -> Self:
        """The whole folder; `limit` takes the first prompts.

        Raises:
            NotFoundError: The prompts or a subject's picture do not exist.
            InvalidArgumentError: A line of the prompts is wrong; the message has its number.
        """
        path = folder / PROMPTS_FILE
        if not path.is_file():
            raise NotFoundError(f"multibench: {path} does not exist")
        lines = [line for line in path.read_text().splitlines() if line.strip()][:limit]
        cases = tuple(_case(path, number, line) for number, line in enumerate(lines, 1))
        if not cases:
            raise InvalidArgumentError("multibench", f"{path} holds no prompt")
        names = sorted({name for case in cases for name in case.subjects})
        return cls(cases, {name: _file(folder, name) for name in names})


def multibench(subject: Subject, data: MultiBench, instruments: Instruments, *, samples: int, seed: int) -> Outcome:
    """`samples` pictures a prompt (UNIMO-G: 4); picture i has the seed `seed` + i. Scores are means over pictures."""
    tally, outcome = Tally(SUITE), Outcome()
    views = {name: read(path) for name, path in data.files.items()}
    real = {name: real_embeddings(instruments.fidelity, [picture]) for name, picture in views.items()}
    messages = [order(case.content(views), seed + number) for case in data.cases for number in range(samples)]
    painted = pictures(subject, messages, SUITE)
    for case in data.cases:
        made = list(islice(painted, samples))
        settings = (ALL, f"{len(case.subjects)} references")
        for row in fidelity(instruments, made, [real[name] for name in case.subjects], case.text):
            tally.add(settings, row)
        outcome.show(_SHOWN, Tile(case.text, made[0]))
    outcome.scores.extend(tally.scores())
    return outcome


def _case(path: Path, number: int, line: str) -> Case:
    try:
        case = Case.model_validate_json(line)
    except ValidationError as error:
        where, problem = first_problem(error)
        raise InvalidArgumentError("multibench", f"{path}:{number}: {where or 'the line'}: {problem}") from error
    if sorted(_PLACE.findall(case.prompt)) != [str(index) for index in range(len(case.subjects))]:
        problem = f"prompt: needs each of {{0}} to {{{len(case.subjects) - 1}}} once"
        raise InvalidArgumentError("multibench", f"{path}:{number}: {problem}")
    return case


def _file(folder: Path, name: str) -> Path:
    found = [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]
    if not found:
        raise NotFoundError(f"multibench: {folder / name} has no picture that ends in {', '.join(SUFFIXES)}")
    return found[0]


def _word(name: str) -> str:
    """`toys/teddy_bear` as words: `teddy bear`."""
    return name.rsplit("/", 1)[-1].replace("_", " ")
