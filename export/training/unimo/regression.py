"""WeGen's own way to teach the language model references: it regresses the answer's 64 features."""

from __future__ import annotations

import torch
from torch import Tensor

from export.networks import LanguageModel
from export.training.diic.lesson import instance_lesson
from export.training.lessons.lesson import Lesson
from export.training.packing import packed_hidden
from export.training.regression import feature_loss, feature_losses, misread
from export.training.sequences import packed, sequence_of
from export.training.unimo.dataset import Dataset, Draw


def feature_regression(model: LanguageModel, dataset: Dataset, draws: list[Draw]) -> Tensor:
    """Mean square and cosine distance of the features predicted after each draw's prompt, weighted as in stage 2."""
    # A CPU's autocast to bfloat16 cannot join halves.
    with torch.autocast(dataset.segments.device.type, enabled=False):
        library = torch.cat([dataset.segments, dataset.pictures]).to(model.embed_tokens.weight.device)
    lessons = [_lesson(dataset, draw) for draw in draws]
    count = library.shape[1]
    batch = packed([sequence_of(lesson, dataset.tokenizer, count) for lesson in lessons], library)
    layout, read = batch.layout, misread(batch, library)
    hidden = packed_hidden(model, layout.ids, read, layout.is_feature, layout.positions, lengths=layout.lengths)
    painted = model.output_projector(hidden[layout.paints]).float()
    square, cosine = feature_losses(painted, batch.targets)
    return feature_loss(square.mean(), cosine.mean())


def _lesson(dataset: Dataset, draw: Draw) -> Lesson:
    """A draw as a lesson over a library of all segments and, behind them, all pictures."""
    segments = range(dataset.firsts[draw.index], len(dataset.segments))
    return instance_lesson(draw.parts, segments, len(dataset.segments) + draw.index)
