"""COCO: pictures of its captions against its pictures (FID) and the captions (CLIP-T), as in WeGen's Table 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Self

from pydantic import BaseModel, ValidationError

from bench.quality.measures.frechet import Moments, frechet_distance
from bench.quality.measures.likeness import Embeddings, cosines
from bench.quality.picture import read, squared
from bench.quality.subjects.message import wish
from bench.quality.subjects.strategy import Strategy
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.score import Better, Outcome, Score
from export.training.sheet import Tile
from services.errors import InvalidArgumentError, NotFoundError, first_problem

SUITE = "coco"
# Zero-shot FID on COCO is measured at 256 x 256 by all whom the papers compare with.
SIDE = 256
_SHOWN = 16


class _Image(BaseModel):
    id: int
    file_name: str


class _Annotation(BaseModel):
    image_id: int
    caption: str


class _Captions(BaseModel):
    images: list[_Image]
    annotations: list[_Annotation]


@dataclass(frozen=True, slots=True)
class Captioned:
    """A real picture's file and one of its captions."""

    path: Path
    caption: str


@dataclass(frozen=True, slots=True)
class Coco:
    """COCO's `captions_*.json` beside the folder its `file_name`s are in."""

    captioned: tuple[Captioned, ...]

    @classmethod
    def load(cls, captions: Path, images: Path, *, limit: int, seed: int) -> Self:
        """`limit` pictures drawn by `seed` (all if there are fewer), each with one of its captions.

        Raises:
            NotFoundError: The captions or a drawn picture do not exist.
            InvalidArgumentError: The file is not COCO's format, or has no captioned picture.
        """
        if not captions.is_file():
            raise NotFoundError(f"coco: {captions} does not exist")
        try:
            content = _Captions.model_validate_json(captions.read_bytes())
        except ValidationError as error:
            where, problem = first_problem(error)
            raise InvalidArgumentError("coco", f"{captions}: {where or 'the file'}: {problem}") from error
        by_image: dict[int, list[str]] = {}
        for annotation in content.annotations:
            by_image.setdefault(annotation.image_id, []).append(" ".join(annotation.caption.split()))
        random = Random(f"coco/{seed}")  # noqa: S311 - a seeded draw
        usable = [image for image in sorted(content.images, key=lambda image: image.id) if image.id in by_image]
        if not usable:
            raise InvalidArgumentError("coco", f"{captions} captions none of its pictures")
        drawn = random.sample(usable, min(limit, len(usable)))
        return cls(tuple(Captioned(_existing(images, i.file_name), random.choice(by_image[i.id])) for i in drawn))


def coco(subject: Subject, data: Coco, instruments: Instruments, *, strategy: Strategy, seed: int) -> Outcome:
    """One picture a caption; picture i has the seed `seed` + i. FID is against the real pictures of the same draw.

    InvalidArgumentError where neither an Inception nor a CLIP was given: there would be nothing to measure with.
    """
    if instruments.inception is None and instruments.clip is None:
        raise InvalidArgumentError("coco", "needs --inception for FID or --clip for CLIP-T")
    made: list[Embeddings] = []
    real: list[Embeddings] = []
    agreement: list[float] = []
    outcome = Outcome()
    messages = [wish(each.caption, strategy, seed + number) for number, each in enumerate(data.captioned)]
    for each, picture in zip(data.captioned, pictures(subject, messages, SUITE), strict=True):
        if instruments.inception:
            made.append(instruments.inception.pictures([squared(picture, SIDE)]))
            real.append(instruments.inception.pictures([squared(read(each.path), SIDE)]))
        if instruments.clip:
            pair = instruments.clip.pictures([picture]), instruments.clip.texts([each.caption])
            agreement.append(float(cosines(*pair)[0]))
        outcome.show(_SHOWN, Tile(each.caption, picture))
    if made:
        outcome.scores.append(_fid(made, real, strategy))
    if agreement:
        outcome.scores.append(Score.mean(SUITE, strategy.name, "CLIP-T", agreement, Better.HIGHER))
    return outcome


def _fid(made: Sequence[Embeddings], real: Sequence[Embeddings], strategy: Strategy) -> Score:
    distance = frechet_distance(Moments.of(made), Moments.of(real))
    return Score(SUITE, strategy.name, "FID", distance, len(made), Better.LOWER)


def _existing(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise NotFoundError(f"coco: {path} does not exist, though the captions name it")
    return path
