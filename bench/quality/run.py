"""One run: every suite that was ordered, by one subject with one set of instruments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.quality.encoders.clip import ClipEncoder
from bench.quality.encoders.dino import DinoEncoder
from bench.quality.encoders.inception import InceptionEncoder
from bench.quality.encoders.tower import TowerEncoder
from bench.quality.folders.coco import Coco, coco
from bench.quality.folders.dreambench import DreamBench, dreambench
from bench.quality.folders.multibench import MultiBench, multibench
from bench.quality.measures.alexnet import lpips
from bench.quality.measures.tower import tower_distance
from bench.quality.order import Order, Paths, SuiteName
from bench.quality.subjects.reference import ReferenceSubject
from bench.quality.subjects.subject import Subject
from bench.quality.suites.diversity import diversity
from bench.quality.suites.editing import editing
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.reconstruction import reconstruction
from bench.quality.suites.scenes import edits, questions, scenes
from bench.quality.suites.score import Outcome
from bench.quality.suites.understanding import understanding
from export.networks import VisionTower
from export.training.evaluate import held_out_briefs


def open_instruments(paths: Paths, tower: VisionTower) -> Instruments:
    """Every encoder whose path is given, and our own `tower` where the measure has a substitute."""
    real = lpips(paths.alexnet, paths.lpips) if paths.alexnet and paths.lpips else None
    return Instruments(
        perceptual=real or tower_distance(tower),
        likeness=TowerEncoder(tower),
        clip=ClipEncoder.load(paths.clip) if paths.clip else None,
        dino=DinoEncoder.load(paths.dino) if paths.dino else None,
        inception=InceptionEncoder.load(paths.inception) if paths.inception else None,
    )


class Run:
    """Measures suite after suite; `side` is the preset's picture size in pixels."""

    def __init__(self, order: Order, subject: Subject, instruments: Instruments, side: int) -> None:
        self._order, self._subject, self._instruments, self._side = order, subject, instruments, side

    def measure(self) -> dict[str, Outcome]:
        """An outcome a suite, in the order asked for; errors of subject and files leave as they are."""
        suites: dict[SuiteName, Callable[[], Outcome]] = {
            SuiteName.DIVERSITY: self._diversity,
            SuiteName.RECONSTRUCTION: self._reconstruction,
            SuiteName.UNDERSTANDING: self._understanding,
            SuiteName.EDITING: self._editing,
            SuiteName.COCO: self._coco,
            SuiteName.DREAMBENCH: self._dreambench,
            SuiteName.MULTIBENCH: self._multibench,
        }
        return {name.value: suites[name]() for name in self._order.suites}

    def _diversity(self) -> Outcome:
        briefs = held_out_briefs(self._order.prompts)
        order = self._order
        return diversity(self._subject, briefs, self._instruments, samples=order.samples, seed=order.seed)

    def _reconstruction(self) -> Outcome:
        assert isinstance(self._subject, ReferenceSubject)
        found = scenes(self._order.prompts)
        return reconstruction(self._subject, found, self._instruments, side=self._side, seed=self._order.seed)

    def _understanding(self) -> Outcome:
        return understanding(self._subject, questions(self._order.prompts), side=self._side)

    def _editing(self) -> Outcome:
        return editing(self._subject, edits(self._order.prompts), side=self._side, seed=self._order.seed)

    def _coco(self) -> Outcome:
        order = self._order
        captions, images = _given(order.paths.coco_captions), _given(order.paths.coco_images)
        data = Coco.load(captions, images, limit=order.prompts, seed=order.seed)
        return coco(self._subject, data, self._instruments, strategy=order.painting, seed=order.seed)

    def _dreambench(self) -> Outcome:
        data = DreamBench.load(_given(self._order.paths.dreambench), limit=self._order.prompts)
        return dreambench(self._subject, data, self._instruments, samples=self._order.samples, seed=self._order.seed)

    def _multibench(self) -> Outcome:
        data = MultiBench.load(_given(self._order.paths.multibench), limit=self._order.prompts)
        return multibench(self._subject, data, self._instruments, samples=self._order.samples, seed=self._order.seed)


def _given(path: Path | None) -> Path:
    assert path is not None, "the order has checked its paths"
    return path
