"""What can be read off a reference's positions: a linear probe of its hidden states, beside one of its features."""

from __future__ import annotations

import torch
from torch import Tensor

from export.networks import LanguageModel
from export.training.unimo.batch import pad, references_of
from export.training.unimo.dataset import Dataset
from export.training.unimo.held_out import whole_draws
from export.training.world.palette import OBJECT_COLOURS
from export.training.world.scene import SHAPES, TEXTURES

_RIDGE = 0.01
_BATCH = 16
_NAMES: dict[str, tuple[str, ...]] = {"shape": SHAPES, "colour": OBJECT_COLOURS, "texture": TEXTURES}


@torch.no_grad()
def reference_states(model: LanguageModel, dataset: Dataset, count: int, *, hidden: bool) -> Tensor:
    """Means over each reference's 64 positions of its last hidden states, or of the features read there: [R, width].

    Of the first `count` examples with all subjects as segments.
    """
    draws, rows = whole_draws(dataset, replaced=True)[:count], []
    device = model.embed_tokens.weight.device
    for at in range(0, len(draws), _BATCH):
        part = draws[at : at + _BATCH]
        prompts = [dataset.prompt(draw, opens_image=False) for draw in part]
        batch = pad(prompts).to(device)
        states = model.hidden(batch.ids, batch.features, batch.is_feature)[0] if hidden else batch.features
        references = references_of(prompts, [dataset.masks(draw) for draw in part], dataset.segments.shape[1])
        rows.append(states.cpu()[references.rows[:, None], references.positions].mean(1))
    return torch.cat(rows)


def labels(dataset: Dataset, count: int, attribute: str) -> Tensor:
    """An attribute of each reference of the first `count` examples as an index [R]."""
    things = [subject.thing for example in dataset.examples[:count] for subject in example.subjects]
    return torch.tensor([_NAMES[attribute].index(getattr(thing, attribute)) for thing in things])


def accuracy(known: Tensor, known_labels: Tensor, asked: Tensor, asked_labels: Tensor, classes: int) -> float:
    """How often ridge regression of one-hot labels on standardised states [R, width] names a held-out state right."""
    mean, std = known.mean(0), known.std(0) + 1e-6
    train, test = ((states - mean) / std for states in (known, asked))
    onehot = torch.nn.functional.one_hot(known_labels, classes).float()
    gram = train.T @ train + _RIDGE * len(train) * torch.eye(train.shape[1])
    weight = torch.linalg.solve(gram, train.T @ (onehot - onehot.mean(0)))
    named = (test @ weight + onehot.mean(0)).argmax(1)
    return float((named == asked_labels).float().mean())


def probe(model: LanguageModel, train: Dataset, test: Dataset, count: int, *, hidden: bool) -> dict[str, float]:
    """Held-out accuracy for shape, colour and texture, learned from `count` training examples."""
    known = reference_states(model, train, count, hidden=hidden)
    asked = reference_states(model, test, len(test.examples), hidden=hidden)
    return {
        name: accuracy(known, labels(train, count, name), asked, labels(test, len(test.examples), name), len(names))
        for name, names in _NAMES.items()
    }
