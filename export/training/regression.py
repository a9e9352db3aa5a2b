"""Stage `language`: WeGen's stage 2, text by cross-entropy and the 64 features by regression."""

from __future__ import annotations

from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from export.networks import LanguageModel
from export.tokenizer import Tokenizer
from export.training.lessons import Lesson, other_lesson, rewriting_lesson
from export.training.library import Library
from export.training.sequences import Batch, collate, sequence_of

_REWRITING_SHARE = 0.56
_TEXT_WEIGHT, _SQUARE_WEIGHT, _COSINE_WEIGHT = 0.5, 2.0, 0.5
_NOISE = 0.8
_SWAPPED = 0.8


def swapped(batch: Batch, library: Tensor) -> Tensor:
    """The batch's features [B, T, D] with a random share of a sequence's `own` from other pictures, place by place."""
    rows = batch.ids.shape[0]
    others = library[torch.randint(len(library), batch.ids.shape), batch.places].float()
    share = torch.rand(rows, 1) * (torch.rand(rows, 1) < _SWAPPED)
    chosen = (torch.rand(batch.ids.shape) < share) & batch.own
    return torch.where(chosen.unsqueeze(-1), others, batch.features)


class LanguageObjective:
    """Cross-entropy + mean square + cosine, as the paper's stage 2.

    At inference the model reads its own features, not the true ones. Trained on true ones alone it learns to continue a
    picture, and one early mistake scrambles the rest. So the features it reads carry noise of a random strength, and
    a random share of those it would have predicted is taken from other pictures, each in its own place: where a
    feature stands stays true, what it shows can only be learned from the words.
    """

    name = "language"

    def __init__(
        self,
        model: LanguageModel,
        tokenizer: Tokenizer,
        library: Library,
        features: Tensor,
        *,
        device: torch.device,
    ) -> None:
        self.module = model.to(device)
        self.tokenizer, self.library, self.features = tokenizer, library, features
        self.device = device
        self.examples = 1 << 18

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:  # noqa: ARG002 - every stage's signature
        """Losses of one batch: rewriting and the other lessons in a padded batch each, to waste little padding."""
        cut = round(len(indices) * _REWRITING_SHARE)
        seeds = [Random(f"lesson/{index}") for index in indices.tolist()]  # noqa: S311 - seeded lessons
        lessons = [rewriting_lesson(self.library, random) for random in seeds[:cut]]
        others = [other_lesson(self.library, random) for random in seeds[cut:]]
        first, second = (self._losses(self._batch(part)) for part in (lessons, others))
        share = cut / len(indices)
        return {name: share * first[name] + (1 - share) * second[name] for name in first}

    def _batch(self, lessons: list[Lesson]) -> Batch:
        count = self.features.shape[1]
        return collate([sequence_of(lesson, self.tokenizer, count) for lesson in lessons], self.features)

    def _losses(self, batch: Batch) -> dict[str, Tensor]:
        # The fused attention kernel's backward pass is slow on CPUs.
        with torch.autocast(self.device.type, torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
            hidden, _ = self.module.hidden(batch.ids, self._inputs(batch), batch.is_feature)
            logits = self.module.lm_head(hidden[batch.says])
            painted = self.module.output_projector(hidden[batch.paints]).float()
        text = F.cross_entropy(logits.float(), batch.tokens[batch.says])
        target = batch.targets[batch.paints]
        if not len(target):
            painted, target = hidden[:1, 0].float() * 0.0, hidden[:1, 0].float() * 0.0
        square = F.mse_loss(painted, target)
        cosine = 1.0 - F.cosine_similarity(painted, target, dim=-1, eps=1e-4).mean()
        loss = _TEXT_WEIGHT * text + _SQUARE_WEIGHT * square + _COSINE_WEIGHT * cosine
        return {"loss": loss, "text": text, "square": square, "cosine": cosine}

    def _inputs(self, batch: Batch) -> Tensor:
        """The features the model reads: noise on all, and those it would have predicted itself partly another's."""
        rows = batch.ids.shape[0]
        features = swapped(batch, self.features)
        noise = _NOISE * torch.rand(rows, 1, 1) * torch.rand(rows, 1, 1)
        return features + noise * torch.randn_like(features)
