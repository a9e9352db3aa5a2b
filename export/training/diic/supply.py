"""Where samples come from: the procedural world, or video files and loaded models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from export.training.diic.checks import Verdict
from export.training.diic.dropping import Dropping
from export.training.diic.pair import Recipe
from export.training.diic.procedural import procedural_sources
from export.training.diic.reading import read_clip
from export.training.diic.sample import Sample, sample_of
from export.training.diic.sources import Pixels, Sources
from export.training.world.footage import film
from export.training.world.splits import Split
from export.training.world.video import FRAMES, video_at


class Supply:
    """Makes samples by one recipe and counts what became of every instance in `verdicts`."""

    def __init__(self, recipe: Recipe, dropping: Dropping, seed: int) -> None:
        self._recipe = recipe
        self._dropping = dropping
        self._seed = seed
        self.verdicts: Counter[Verdict] = Counter()

    def procedural(self, split: Split, count: int) -> Iterator[Sample]:
        """`count` samples of a split's videos, in order; videos without a usable instance are passed over."""
        made, index = 0, 0
        while made < count:
            name = f"{split.value}-{index:06d}"
            video = video_at(split, index, frames=max(FRAMES, self._recipe.t_ref + 1))
            footage = film(video)
            sources = procedural_sources(video, footage, f"{self._seed}/{name}")
            sample = self._sample(name, footage.pixels, sources)
            index += 1
            if sample is not None:
                made += 1
                yield sample

    def filmed(self, paths: Iterable[Path], sources: Sources, *, every: int = 1) -> Iterator[Sample]:
        """The samples of video files, every `every`-th frame counting as one; VideoError where one cannot be read."""
        for index, path in enumerate(paths):
            clip = read_clip(path, self._recipe.t_ref + 1, every=every)
            sample = self._sample(f"{index:06d}-{path.stem}", clip, sources)
            if sample is not None:
                yield sample

    def _sample(self, name: str, clip: Pixels, sources: Sources) -> Sample | None:
        sample, pair = sample_of(name, clip, sources, self._recipe, dropping=self._dropping, seed=self._seed)
        self.verdicts.update(pair.verdicts)
        return sample
