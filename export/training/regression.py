"""Stage `language`: WeGen's stage 2, text by cross-entropy and the 64 features by regression."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from export.networks import LanguageModel
from export.tokenizer import Tokenizer
from export.training.lessons.lesson import Lesson
from export.training.packing import packed_hidden
from export.training.precision import mixed_precision
from export.training.sequences import Batch, packed, sequence_of

_TEXT_WEIGHT, _SQUARE_WEIGHT, _COSINE_WEIGHT = 0.5, 2.0, 0.5
_NOISE = 0.8
_SWAPPED = 0.8


class Teacher(Protocol):
    """Gives the lessons of a step."""

    def lessons(self, step: int, count: int) -> list[tuple[str, Lesson]]:
        """The `count` lessons of a step, each with the name of its family; always the same for the same step."""


def swapped(batch: Batch, library: Tensor) -> Tensor:
    """The batch's features [N, D] with a random share of a sequence's `own` from other pictures, place by place."""
    rows = len(batch.lengths)
    others = library[torch.randint(len(library), batch.ids.shape), batch.places].float()
    share = torch.rand(rows) * (torch.rand(rows) < _SWAPPED)
    chosen = (torch.rand(batch.ids.shape) < share[batch.owner]) & batch.own
    return torch.where(chosen.unsqueeze(-1), others, batch.features)


def misread(batch: Batch, library: Tensor) -> Tensor:
    """Features [N, D] as a model may read them: noise on all, and its own in `batch` partly another picture's."""
    rows = len(batch.lengths)
    features = swapped(batch, library)
    noise = (_NOISE * torch.rand(rows) * torch.rand(rows))[batch.owner, None]
    return features + noise * torch.randn_like(features)


def feature_losses(painted: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Mean square and cosine distance of every predicted feature from the true one, [N] each, for both [N, D]."""
    square = (painted - target).square().mean(-1)
    return square, 1.0 - F.cosine_similarity(painted, target, dim=-1, eps=1e-4)


def feature_loss(square: Tensor, cosine: Tensor) -> Tensor:
    """Both of `feature_losses`, weighted."""
    return _SQUARE_WEIGHT * square + _COSINE_WEIGHT * cosine


class LanguageObjective:
    """Cross-entropy + mean square + cosine, as the paper's stage 2.

    At inference the model reads its own features, not the true ones. Trained on true ones alone it learns to continue a
    picture, and one early mistake scrambles the rest. So the features it reads carry noise of a random strength, and
    a random share of those it would have predicted is taken from other pictures, each in its own place: where a
    feature stands stays true, what it shows can only be learned from the words.
    """

    name = "language"
    examples = 1 << 16

    def __init__(
        self, model: LanguageModel, tokenizer: Tokenizer, teacher: Teacher, features: Tensor, *, device: torch.device
    ) -> None:
        self.module = model.to(device)
        self.tokenizer, self.teacher, self.features = tokenizer, teacher, features
        self.device = device

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
        """Losses of one batch: the whole's, and text's and features' of every family in it."""
        taught = self.teacher.lessons(step, len(indices))
        count = self.features.shape[1]
        batch = packed([sequence_of(lesson, self.tokenizer, count) for _, lesson in taught], self.features)
        text, square, cosine = self._losses(batch)
        # A batch may hold nothing to say, or nothing to paint.
        means = {
            name: values.sum() / max(1, len(values))
            for name, values in (("text", text), ("square", square), ("cosine", cosine))
        }
        loss = _TEXT_WEIGHT * means["text"] + feature_loss(means["square"], means["cosine"])
        families = [family for family, _ in taught]
        return {
            "loss": loss,
            **means,
            **by_family("text", text.detach(), batch.owner[batch.says], families),
            **by_family("square", square.detach(), batch.owner[batch.paints], families),
        }

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Cross-entropy of every token to say, square and cosine distance of every feature to paint."""
        read = misread(batch, self.features).to(self.device)
        says, paints = batch.says.to(self.device), batch.paints.to(self.device)
        with mixed_precision(self.device):
            hidden = packed_hidden(
                self.module,
                batch.ids.to(self.device),
                read,
                batch.is_feature.to(self.device),
                lengths=batch.lengths,
            )
            logits = self.module.lm_head(hidden[says])
            painted = self.module.output_projector(hidden[paints])
        text = F.cross_entropy(logits.float(), batch.tokens[batch.says].to(self.device), reduction="none")
        return text, *feature_losses(painted.float(), batch.targets[batch.paints].to(self.device))


def by_family(loss: str, values: Tensor, owner: Tensor, families: list[str]) -> dict[str, Tensor]:
    """The mean of `values` [N] over each family, called `loss/family`; `owner` [N] is the lesson a value is from."""
    owner = owner.to(values.device)
    means = {}
    for family in sorted(set(families)):
        of_family = torch.tensor([name == family for name in families], device=values.device)[owner]
        if of_family.any():
            means[f"{loss}/{family}"] = values[of_family].mean()
    return means
