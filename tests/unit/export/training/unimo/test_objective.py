"""Arms learn from the same batches; each teaches what it says; a resumed run ends like an uninterrupted one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from export.presets import Preset
from export.training.unimo.arm import ARMS, Arm, Recipe, build_painting, objective_of, train
from export.training.unimo.conditioning import HiddenStates, Trained
from export.training.unimo.dataset import Dataset
from export.training.unimo.held_out import measure, partner
from export.training.unimo.objective import UnimoObjective
from export.training.unimo.prompt import Substitution

CPU = torch.device("cpu")
FEATURES, HIDDEN, ATTENTION = ARMS


class Maker:
    """Objectives of arms over one dataset."""

    def __init__(self, preset: Preset, weights: Path, dataset: Dataset, recipe: Recipe) -> None:
        self.preset, self.weights, self.dataset, self.recipe = preset, weights, dataset, recipe

    def __call__(self, arm: Arm, trained: Trained = Trained.NONE, *, attention: float = 0.1) -> UnimoObjective:
        recipe = replace(
            self.recipe, trained=trained, attention=attention, substitution=Substitution(plain=0.0, entity=1.0)
        )
        painting = build_painting(arm, self.preset, self.weights, trained)
        return objective_of(arm, painting, self.preset, self.dataset, recipe, device=CPU)


@pytest.fixture
def make(preset: Preset, weights: Path, dataset: Dataset, recipe: Recipe) -> Maker:
    return Maker(preset, weights, dataset, recipe)


def gradients(objective: UnimoObjective) -> dict[str, bool]:
    """Which parts get a gradient from one batch."""
    torch.manual_seed(0)
    objective.losses(0, torch.arange(4))["loss"].backward()
    moved = {name for name, p in objective.module.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    parts = ("unet.", "conditioning.projection.", "conditioning.language.layers.0.", "conditioning.language.layers.1.")
    return {part.split(".", 1)[1] or "unet": any(name.startswith(part) for name in moved) for part in parts}


def test_gradients_reach_the_projection_and_not_a_frozen_language_model(make: Maker) -> None:
    for arm in (HIDDEN, ATTENTION):
        assert gradients(make(arm)) == {
            "unet": True, "projection.": True, "language.layers.0.": False, "language.layers.1.": False,
        }  # fmt: skip


def test_the_attention_loss_alone_teaches_the_projection(make: Maker) -> None:
    objective = make(ATTENTION)
    torch.manual_seed(0)
    objective.losses(0, torch.arange(4))["attention"].backward()
    conditioning = objective.module.conditioning
    assert isinstance(conditioning, HiddenStates)
    assert conditioning.projection.weight.grad is not None
    assert float(conditioning.projection.weight.grad.abs().sum()) > 0


def test_a_language_model_is_trained_as_far_as_is_asked(make: Maker) -> None:
    for arm in (FEATURES, HIDDEN):
        last, whole = gradients(make(arm, Trained.LAST)), gradients(make(arm, Trained.ALL))
        assert (last["language.layers.0."], last["language.layers.1."]) == (False, True)
        assert (whole["language.layers.0."], whole["language.layers.1."]) == (True, True)


def test_predicted_features_are_regressed_only_where_their_model_is_trained(make: Maker) -> None:
    frozen, trained = (make(FEATURES, part).losses(0, torch.arange(4)) for part in (Trained.NONE, Trained.ALL))
    assert float(frozen["regression"]) == 0.0
    assert float(trained["regression"].detach()) > 0.5
    assert float(trained["loss"].detach()) == pytest.approx(
        float((trained["noise"] + trained["regression"]).detach()), rel=1e-5
    )


def test_the_loss_adds_the_attention_loss_by_its_weight(make: Maker) -> None:
    values = []
    for arm, weight in ((HIDDEN, 0.5), (ATTENTION, 0.5)):
        torch.manual_seed(3)
        values.append(make(arm, attention=weight).losses(0, torch.arange(4)))
    plain, told = ({name: float(value.detach()) for name, value in each.items()} for each in values)
    assert plain["attention"] == pytest.approx(told["attention"])
    assert plain["loss"] == pytest.approx(plain["noise"])
    assert told["loss"] == pytest.approx(plain["noise"] + 0.5 * told["attention"], rel=1e-5)


def test_all_arms_see_the_same_noise_timesteps_and_prompts(
    make: Maker, monkeypatch: pytest.MonkeyPatch, dataset: Dataset
) -> None:
    seen: list[tuple[Tensor, Tensor, Tensor, object]] = []
    for arm in ARMS:
        objective = make(arm)

        def spy(noisy: Tensor, times: Tensor, kept: Tensor, draws: object, own: UnimoObjective = objective) -> object:
            seen.append((noisy, times, kept, draws))
            return UnimoObjective._predict(own, noisy, times, kept, draws)  # type: ignore[arg-type]

        monkeypatch.setattr(objective, "_predict", spy)
        torch.manual_seed(5)
        objective.losses(2, torch.arange(4))
    first = seen[0]
    for other in seen[1:]:
        assert all(torch.equal(a, b) for a, b in zip(first[:3], other[:3], strict=True))
        assert first[3] == other[3]


class KilledError(Exception):
    """Stands for a killed process."""


def test_a_resumed_run_ends_with_the_same_weights(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, first, second = (make(ATTENTION) for _ in range(3))
    train(whole, make.recipe, tmp_path / "whole")

    def fragile(step: int, indices: Tensor) -> dict[str, Tensor]:
        if step == 22:
            raise KilledError
        return UnimoObjective.losses(first, step, indices)

    monkeypatch.setattr(first, "losses", fragile)
    with pytest.raises(KilledError):
        train(first, make.recipe, tmp_path / "parts")
    train(second, make.recipe, tmp_path / "parts")
    ends = [objective.module.state_dict() for objective in (whole, second)]
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())
    start = make(ATTENTION).module.state_dict()
    changed = {name.split(".")[0] for name, value in ends[0].items() if not torch.equal(value, start[name])}
    assert changed == {"unet", "conditioning"}


def test_held_out_measures_tell_references_from_others(make: Maker, dataset: Dataset) -> None:
    assert [partner(dataset, index) for index in range(4)] == [1, 0, 3, 2]
    hidden, features = measure(make(HIDDEN)), measure(make(FEATURES))
    assert measure(make(HIDDEN)) == hidden
    assert set(features) == {"noise", "noise_other"}
    assert hidden["noise"] != hidden["noise_other"]
    assert 0.0 < hidden["inside"] < 1.0
    assert json.dumps(hidden)
