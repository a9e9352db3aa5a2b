"""One run: every suite that was ordered, by one subject with one set of instruments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.quality.folders.coco import Coco, coco
from bench.quality.folders.dreambench import DreamBench, dreambench
from bench.quality.folders.multibench import MultiBench, multibench
from bench.quality.order import Order, SuiteName
from bench.quality.subjects.reference import ReferenceSubject
from bench.quality.subjects.subject import Subject
from bench.quality.suites.conditions import conditions
from bench.quality.suites.conversation import conversation
from bench.quality.suites.diversity import diversity
from bench.quality.suites.editing import editing
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.reconstruction import reconstruction
from bench.quality.suites.references import SEVERAL, SINGLE, references
from bench.quality.suites.restoration import restoration
from bench.quality.suites.restyling import restyling
from bench.quality.suites.scenes import damages, edits, prompts, questions, restylings, scenes, sketches
from bench.quality.suites.score import Outcome
from bench.quality.suites.sightings import several, single
from bench.quality.suites.text_to_image import text_to_image
from bench.quality.suites.understanding import understanding
from bench.quality.suites.wishes import talks
from export.training.evaluate import held_out_briefs


class Run:
    """Measures suite after suite; `side` is the preset's picture size in pixels."""

    def __init__(self, order: Order, subject: Subject, instruments: Instruments, side: int) -> None:
        self._order, self._subject, self._instruments, self._side = order, subject, instruments, side

    def measure(self) -> dict[str, Outcome]:
        """An outcome a suite, in the order asked for; errors of subject and files leave as they are."""
        order, subject, tools = self._order, self._subject, self._instruments
        number, side, seed = order.prompts, self._side, order.seed
        suites: dict[SuiteName, Callable[[], Outcome]] = {
            SuiteName.TEXT_TO_IMAGE: lambda: text_to_image(subject, prompts(number), seed=seed),
            SuiteName.DIVERSITY: self._diversity,
            SuiteName.SINGLE_SUBJECT: lambda: references(subject, SINGLE, single(number), tools, seed=seed),
            SuiteName.MULTI_SUBJECT: lambda: references(subject, SEVERAL, several(number), tools, seed=seed),
            SuiteName.RECONSTRUCTION: self._reconstruction,
            SuiteName.UNDERSTANDING: lambda: understanding(subject, questions(number), side=side),
            SuiteName.EDITING: lambda: editing(subject, edits(number), side=side, seed=seed),
            SuiteName.RESTYLING: lambda: restyling(subject, restylings(number), side=side, seed=seed),
            SuiteName.RESTORATION: lambda: restoration(subject, damages(number), side=side, seed=seed),
            SuiteName.CONDITIONS: lambda: conditions(subject, sketches(number), side=side, seed=seed),
            SuiteName.CONVERSATION: lambda: conversation(subject, talks(number), seed=seed),
            SuiteName.COCO: self._coco,
            SuiteName.DREAMBENCH: self._dreambench,
            SuiteName.MULTIBENCH: self._multibench,
        }
        return {name.value: suites[name]() for name in self._order.suites}

    def _diversity(self) -> Outcome:
        order = self._order
        briefs = held_out_briefs(order.prompts)
        return diversity(self._subject, briefs, self._instruments, samples=order.samples, seed=order.seed)

    def _reconstruction(self) -> Outcome:
        assert isinstance(self._subject, ReferenceSubject)
        found = scenes(self._order.prompts)
        return reconstruction(self._subject, found, self._instruments, side=self._side, seed=self._order.seed)

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
