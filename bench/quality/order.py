"""What a run is asked to measure, checked before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.quality.subjects.strategy import STRATEGIES, Strategy
from services.errors import InvalidArgumentError


class Kind(StrEnum):
    """Whose pictures are measured."""

    REFERENCE = "reference"
    STACK = "stack"


class SuiteName(StrEnum):
    """Everything that can be measured."""

    TEXT_TO_IMAGE = "text-to-image"
    DIVERSITY = "diversity"
    SINGLE_SUBJECT = "single-subject"
    MULTI_SUBJECT = "multi-subject"
    RECONSTRUCTION = "reconstruction"
    UNDERSTANDING = "understanding"
    EDITING = "editing"
    RESTYLING = "restyling"
    RESTORATION = "restoration"
    CONDITIONS = "conditions"
    CONVERSATION = "conversation"
    COCO = "coco"
    DREAMBENCH = "dreambench"
    MULTIBENCH = "multibench"


FOLDERS = (SuiteName.COCO, SuiteName.DREAMBENCH, SuiteName.MULTIBENCH)
WORLD = tuple(suite for suite in SuiteName if suite not in FOLDERS)


@dataclass(frozen=True, slots=True)
class Paths:
    """Files of encoders and benchmarks; what is None is left out of the measures."""

    clip: Path | None = None
    dino: Path | None = None
    inception: Path | None = None
    alexnet: Path | None = None
    lpips: Path | None = None
    coco_captions: Path | None = None
    coco_images: Path | None = None
    dreambench: Path | None = None
    multibench: Path | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """Whom to open. None means the preset's own folder of weights, steps and guidance; a stack names its own preset."""

    kind: Kind
    preset: str
    weights: Path | None = None
    steps: int | None = None
    guidance: float | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """`prompts` counts what each suite takes, `samples` pictures a prompt; InvalidArgumentError names what is wrong."""

    model: Model
    suites: tuple[SuiteName, ...]
    paths: Paths
    prompts: int
    samples: int
    seed: int
    strategy: str

    def __post_init__(self) -> None:
        if self.model.kind is Kind.STACK and SuiteName.RECONSTRUCTION in self.suites:
            problem = "reconstruction needs --subject reference: a gateway takes words and pictures, not features"
            raise InvalidArgumentError("suite", problem)
        if SuiteName.DIVERSITY in self.suites and self.samples < 2:
            raise InvalidArgumentError("samples", f"{self.samples} make no pair, diversity needs at least 2")
        if (self.paths.alexnet is None) != (self.paths.lpips is None):
            raise InvalidArgumentError("lpips", "needs both --alexnet and --lpips")
        if self.strategy not in {each.name for each in STRATEGIES}:
            names = ", ".join(each.name for each in STRATEGIES)
            raise InvalidArgumentError("strategy", f"{self.strategy!r} is unknown; there are {names}")
        self._check_folders()

    @property
    def painting(self) -> Strategy:
        """The strategy by its name."""
        return next(each for each in STRATEGIES if each.name == self.strategy)

    def _check_folders(self) -> None:
        needs = {
            SuiteName.COCO: {"coco-captions": self.paths.coco_captions, "coco-images": self.paths.coco_images},
            SuiteName.DREAMBENCH: {"dreambench": self.paths.dreambench},
            SuiteName.MULTIBENCH: {"multibench": self.paths.multibench},
        }
        for suite, paths in needs.items():
            missing = [f"--{option}" for option, path in paths.items() if path is None]
            if suite in self.suites and missing:
                raise InvalidArgumentError("suite", f"{suite} needs {' and '.join(missing)}")
