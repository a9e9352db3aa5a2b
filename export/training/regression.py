"""Stage `language`: WeGen's stage 2, text by cross-entropy and the 64 features by regression."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from export.networks import LanguageModel
from export.tokenizer import Tokenizer
from export.training.dataset import resident
from export.training.layouts import Layouts, Teacher
from export.training.packing import packed_hidden
from export.training.precision import mixed_precision
from export.training.sequences import Batch, filled

_TEXT_WEIGHT, _SQUARE_WEIGHT, _COSINE_WEIGHT = 0.5, 2.0, 0.5
_NOISE = 0.8
_SWAPPED = 0.8


def swapped(batch: Batch, library: Tensor) -> Tensor:
    """The batch's features [N, D] with a random share of a sequence's `own` from other pictures, place by place."""
    layout, device = batch.layout, library.device
    rows, count = len(layout.lengths), len(layout.ids)
    others = library[torch.randint(len(library), (count,), device=device), layout.places].float()
    share = torch.rand(rows, device=device) * (torch.rand(rows, device=device) < _SWAPPED)
    chosen = (torch.rand(count, device=device) < share[layout.owner]) & layout.own
    return torch.where(chosen.unsqueeze(-1), others, batch.features)


def misread(batch: Batch, library: Tensor) -> Tensor:
    """Features [N, D] as a model may read them: noise on all, and its own in `batch` partly another picture's."""
    rows, device = len(batch.layout.lengths), library.device
    features = swapped(batch, library)
    strength = _NOISE * torch.rand(rows, device=device) * torch.rand(rows, device=device)
    return features + strength[batch.layout.owner, None] * torch.randn_like(features)


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
        self.features, self.device = resident(features, device), device
        self._layouts = Layouts(teacher, tokenizer, features.shape[1])

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
        """Losses of one batch: the whole's, and text's and features' of every family in it."""
        families, layout = self._layouts.at(step, len(indices), ahead=self.device.type != "cpu")
        text, square, cosine = self._losses(filled(layout, self.features))
        # A batch may hold nothing to say, or nothing to paint.
        means = {
            name: values.sum() / max(1, len(values))
            for name, values in (("text", text), ("square", square), ("cosine", cosine))
        }
        loss = _TEXT_WEIGHT * means["text"] + feature_loss(means["square"], means["cosine"])
        return {
            "loss": loss,
            **means,
            **by_family("text", text.detach(), layout.owner[layout.says], families),
            **by_family("square", square.detach(), layout.owner[layout.paints], families),
        }

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Cross-entropy of every token to say, square and cosine distance of every feature to paint."""
        layout = batch.layout
        with mixed_precision(self.device):
            read = misread(batch, self.features)
            hidden = packed_hidden(
                self.module, layout.ids, read, layout.is_feature, layout.positions, lengths=layout.lengths
            )
            logits = self.module.lm_head(hidden.index_select(0, layout.says))
            painted = self.module.output_projector(hidden.index_select(0, layout.paints))
        text = F.cross_entropy(logits.float(), layout.tokens[layout.says], reduction="none")
        return text, *feature_losses(painted.float(), batch.targets)


def by_family(loss: str, values: Tensor, owner: Tensor, families: list[str]) -> dict[str, Tensor]:
    """The mean of `values` [N] over each family, called `loss/family`; `owner` [N] on the CPU: the lesson of each."""
    names = sorted(set(families))
    of_value = torch.tensor([names.index(family) for family in families])[owner]
    counts = of_value.bincount(minlength=len(names))
    sums = values.new_zeros(len(names)).index_add(0, of_value.to(values.device), values)
    means = sums / counts.clamp(min=1).to(values.device)
    return {f"{loss}/{name}": means[index] for index, name in enumerate(names) if counts[index]}
