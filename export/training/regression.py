"""Stage `language`: WeGen's stage 2, text by cross-entropy and the 64 features by regression."""

from __future__ import annotations

from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from export.networks import LanguageModel
from export.tokenizer import Tokenizer
from export.training.lessons import Lesson, other_lesson, rewriting_lesson
from export.training.library import Library
from export.training.sequences import Batch, collate, sequence_of

_REWRITING_SHARE = 0.56
_TEXT_WEIGHT, _SQUARE_WEIGHT, _COSINE_WEIGHT = 0.5, 2.0, 0.5
_NOISE = 0.8
_OWN_FROM, _OWN_SHARE = 0.4, 0.6


class LanguageObjective:
    """Cross-entropy + mean square + cosine, as the paper's stage 2.

    At inference the model reads its own features, not the true ones. Two things prepare it: noise of a random strength
    on the features it reads, and, later in training, its own predictions of a first pass without gradients in
    place of the true features for some of the sequences (scheduled sampling in parallel).
    """

    name = "language"

    def __init__(
        self,
        model: LanguageModel,
        tokenizer: Tokenizer,
        library: Library,
        features: Tensor,
        *,
        steps: int,
        device: torch.device,
    ) -> None:
        self.module = model.to(device)
        self.tokenizer, self.library, self.features = tokenizer, library, features
        self.steps, self.device = steps, device
        self.examples = 1 << 18

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
        """Losses of one batch: rewriting and the other lessons in a padded batch each, to waste little padding."""
        cut = round(len(indices) * _REWRITING_SHARE)
        seeds = [Random(f"lesson/{index}") for index in indices.tolist()]  # noqa: S311 - seeded lessons
        lessons = [rewriting_lesson(self.library, random) for random in seeds[:cut]]
        others = [other_lesson(self.library, random) for random in seeds[cut:]]
        first, second = (self._losses(self._batch(part), step) for part in (lessons, others))
        share = cut / len(indices)
        return {name: share * first[name] + (1 - share) * second[name] for name in first}

    def _batch(self, lessons: list[Lesson]) -> Batch:
        count = self.features.shape[1]
        return collate([sequence_of(lesson, self.tokenizer, count) for lesson in lessons], self.features)

    def _losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        with torch.autocast(self.device.type, torch.bfloat16):
            inputs = self._inputs(batch, step)
            output = self.module(batch.ids, inputs, batch.is_feature)
        text = F.cross_entropy(output.logits[batch.says].float(), batch.tokens[batch.says])
        painted, target = output.features[batch.paints].float(), batch.targets[batch.paints]
        if not len(target):
            painted, target = output.features[:, :1].float() * 0.0, batch.targets[:, :1] * 0.0
        square = F.mse_loss(painted, target)
        cosine = 1.0 - F.cosine_similarity(painted, target, dim=-1, eps=1e-4).mean()
        loss = _TEXT_WEIGHT * text + _SQUARE_WEIGHT * square + _COSINE_WEIGHT * cosine
        return {"loss": loss, "text": text, "square": square, "cosine": cosine}

    def _inputs(self, batch: Batch, step: int) -> Tensor:
        """The features the model reads: true with noise, or for some sequences its own."""
        rows = batch.ids.shape[0]
        noise = _NOISE * torch.rand(rows, 1, 1) * torch.rand(rows, 1, 1)
        noisy = batch.features + noise * torch.randn_like(batch.features)
        if step < _OWN_FROM * self.steps:
            return noisy
        with torch.no_grad():
            predicted = self.module(batch.ids, noisy, batch.is_feature).features.float()
        # What position t predicts is what position t + 1 reads.
        own = torch.cat([batch.features[:, :1], predicted[:, :-1]], dim=1)
        painted = torch.cat([torch.zeros_like(batch.paints[:, :1]), batch.paints[:, :-1]], dim=1)
        chosen = torch.rand(rows, 1) < _OWN_SHARE
        return torch.where((painted & chosen).unsqueeze(-1), own, noisy)
