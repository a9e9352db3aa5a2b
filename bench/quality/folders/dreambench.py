"""DreamBench: one subject in new places (DreamBooth's public `dataset` folder; WeGen's Table 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Self

from bench.quality.picture import Picture, in_folder, read
from bench.quality.subjects.message import Content, order
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.fidelity import fidelity, real_embeddings
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.score import Outcome, Tally
from export.training.sheet import Tile
from services.errors import InvalidArgumentError, NotFoundError

SUITE = "dreambench"
ALL = "all subjects"
PROMPTS_FILE: Final = "prompts_and_classes.txt"
# DreamBooth section 4.1: the live subjects are the dogs and cats.
LIVE_CLASSES: Final = frozenset({"cat", "dog"})
_HEADINGS: Final = ("Classes", "Object Prompts", "Live Subject Prompts")
_CLASS = re.compile(r"^([\w]+),([\w ]+)$")
_PROMPT = re.compile(r"^['\"](.*\{1\}.*)['\"]\.format\(")
_SHOWN = 16


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt of one subject. `before` ends with the class's name, behind which the reference stands."""

    before: str
    after: str

    @property
    def text(self) -> str:
        """The prompt in words alone, for CLIP-T."""
        return f"{self.before}{self.after}"

    def content(self, picture: Picture) -> Content:
        """The prompt with the subject's picture behind its name."""
        return (self.before, picture, self.after) if self.after else (self.before, picture)


@dataclass(frozen=True, slots=True)
class Individual:
    """One of the benchmark's subjects with its real pictures."""

    name: str
    kind: str
    pictures: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class DreamBench:
    """Subjects, and the templates for objects and for live subjects ({0} the unique token, {1} the class)."""

    individuals: tuple[Individual, ...]
    objects: tuple[str, ...]
    living: tuple[str, ...]

    @classmethod
    def load(cls, folder: Path, *, limit: int | None = None) -> Self:
        """`folder` holds `prompts_and_classes.txt` and a folder of pictures a subject; `limit` takes the first ones.

        Raises:
            NotFoundError: The file or a subject's pictures do not exist.
            InvalidArgumentError: The file lacks classes or prompts.
        """
        path = folder / PROMPTS_FILE
        if not path.is_file():
            raise NotFoundError(f"dreambench: {path} does not exist")
        sections = _sections(path.read_text())
        kinds = [found.groups() for line in sections["Classes"] if (found := _CLASS.match(line))]
        objects, living = (
            tuple(found[1] for line in sections[heading] if (found := _PROMPT.match(line))) for heading in _HEADINGS[1:]
        )
        # The first line of the classes is the table's head.
        if len(kinds) < 2 or not objects or not living:
            raise InvalidArgumentError("dreambench", f"{path} lacks classes or prompts under {', '.join(_HEADINGS)}")
        chosen = kinds[1:] if limit is None else kinds[1 : limit + 1]
        return cls(tuple(Individual(n, kind, tuple(in_folder(folder / n))) for n, kind in chosen), objects, living)

    def cases(self, individual: Individual) -> Iterator[Case]:
        """The prompts of a subject, without the unique token: a zero-shot model is shown the subject instead."""
        for template in self.living if individual.kind in LIVE_CLASSES else self.objects:
            before, after = template.replace("{0} ", "").split("{1}", 1)
            yield Case(before + individual.kind, after)


def dreambench(subject: Subject, data: DreamBench, instruments: Instruments, *, samples: int, seed: int) -> Outcome:
    """`samples` pictures a prompt (the papers: 4), each shown the subject's first picture alone, as in Kosmos-G.

    Picture i of prompt p of subject s has the seed `seed` + i for all p and s. Scores are means over all pictures.
    """
    tally, outcome = Tally(SUITE), Outcome()
    for individual in data.individuals:
        views = [read(path) for path in individual.pictures]
        real = real_embeddings(instruments.fidelity, views)
        cases = list(data.cases(individual))
        messages = [order(case.content(views[0]), seed + number) for case in cases for number in range(samples)]
        painted = pictures(subject, messages, f"{SUITE}, {individual.name}")
        for case in cases:
            made = list(islice(painted, samples))
            for row in fidelity(instruments, made, [real], case.text):
                tally.add((ALL, individual.name), row)
            outcome.show(_SHOWN, Tile(case.text, made[0]))
    outcome.scores.extend(tally.scores())
    return outcome


def _sections(text: str) -> dict[str, list[str]]:
    """The lines under each heading."""
    sections: dict[str, list[str]] = {heading: [] for heading in _HEADINGS}
    current: list[str] = []
    for line in map(str.strip, text.splitlines()):
        current = sections.get(line, current)
        current.append(line)
    return sections
