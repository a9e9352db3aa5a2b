"""Conditions carry the whole prompt, and padding reaches nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from export.presets import Preset
from export.reference import ImageMode, Reference, Sampling
from export.reference.condition import Condition
from export.training.alignment import watch
from export.training.unimo.arm import ARMS, build_painting
from export.training.unimo.batch import pad, references_of
from export.training.unimo.conditioning import HiddenStates, Trained, set_trained
from export.training.unimo.dataset import Dataset
from export.training.unimo.held_out import whole_draws
from export.training.unimo.prediction import predicted_features
from export.weights import load_network, load_networks


@pytest.fixture(scope="module")
def language(preset: Preset, weights: Path) -> Any:
    return load_network(preset, weights, "language")


@pytest.fixture(scope="module")
def reference(preset: Preset, weights: Path) -> Reference:
    return Reference(preset, weights, load_networks(preset, weights))


def prompts(dataset: Dataset, *, opens_image: bool) -> Any:
    """Prompts of different lengths: one reference, one in words, two references."""
    draws = [*whole_draws(dataset, replaced=True), whole_draws(dataset, replaced=False)[0]]
    return [dataset.prompt(draw, opens_image=opens_image) for draw in (draws[0], draws[-1], draws[3])]


def test_a_prompt_holds_its_segments_where_the_words_were(dataset: Dataset, preset: Preset) -> None:
    words, segments = (whole_draws(dataset, replaced=replaced)[3] for replaced in (False, True))
    plain, mixed = (dataset.prompt(draw, opens_image=False) for draw in (words, segments))
    assert plain.feature_positions == ()
    assert len(mixed.feature_positions) == 2 * preset.features
    assert torch.equal(mixed.features[:64], dataset.segments[dataset.firsts[3]].float())
    assert torch.equal(mixed.features[64:], dataset.segments[dataset.firsts[3] + 1].float())
    other = dataset.prompt(segments, opens_image=False, segments_of=2)
    assert other.ids == mixed.ids
    assert torch.equal(other.features[:64], dataset.segments[dataset.firsts[2]].float())


def test_references_know_their_positions_and_masks(dataset: Dataset) -> None:
    draws = whole_draws(dataset, replaced=True)
    made = [dataset.prompt(draw, opens_image=False) for draw in draws]
    found = references_of(made, [dataset.masks(draw) for draw in draws], 64)
    assert found.rows.tolist() == [0, 1, 2, 2, 3, 3]
    assert found.positions[3].tolist() == list(made[2].feature_positions[64:])
    assert torch.equal(found.masks[5].bool(), torch.from_numpy(dataset.examples[3].subjects[1].mask))
    with pytest.raises(ValueError, match="row 0"):
        references_of(made[:1], [[]], 64)


def test_hidden_states_are_those_of_transformers_projected(
    language: Any, reference: Reference, dataset: Dataset
) -> None:
    conditioning = HiddenStates(language)
    made = prompts(dataset, opens_image=False)
    with torch.no_grad():
        condition = conditioning(pad(made))
    for row, prompt in enumerate(made):
        embeddings = reference.language.token(prompt.ids)
        embeddings[list(prompt.feature_positions)] = reference.language.feature(prompt.features)
        _, expected = reference.language.hidden(embeddings[None])
        torch.testing.assert_close(condition.states[row, : len(prompt.ids)], expected[0], atol=1e-4, rtol=0)
        torch.testing.assert_close(condition.pooled[row], expected[0].mean(0), atol=1e-4, rtol=0)
        assert condition.real is not None
        assert condition.real[row].sum() == len(prompt.ids)


def test_predicted_features_are_those_the_reference_predicts(
    language: Any, reference: Reference, dataset: Dataset, preset: Preset
) -> None:
    made = prompts(dataset, opens_image=True)
    features = predicted_features(language, pad(made), preset.features)
    for row, prompt in enumerate(made):
        turn = reference.chat(prompt, Sampling(), image=ImageMode.FORCE)
        assert turn.features is not None
        torch.testing.assert_close(features[row], turn.features, atol=1e-4, rtol=0)


@pytest.mark.parametrize("watched", [False, True])
def test_padding_gets_no_attention_and_changes_nothing(
    preset: Preset, weights: Path, dataset: Dataset, *, watched: bool
) -> None:
    painting: Any = build_painting(ARMS[1], preset, weights, Trained.NONE)
    attentions = watch(painting.unet) if watched else []
    made, latents, ids = prompts(dataset, opens_image=False), torch.randn(3, 4, 16, 16), torch.zeros(6)
    with torch.no_grad():
        together: Condition = painting.conditioning(pad(made))
        padded = painting.unet(latents, 500, **together.arguments(ids)).sample
        seen = [attention.seen.view(3, -1, *attention.seen.shape[1:]) for attention in attentions]
        for row, prompt in enumerate(made):
            alone = painting.conditioning(pad([prompt]))
            expected = painting.unet(latents[row : row + 1], 500, **alone.arguments(ids)).sample
            torch.testing.assert_close(padded[row : row + 1], expected, atol=1e-4, rtol=1e-3)
            assert all(float(maps[row, ..., len(prompt.ids) :].sum()) == 0.0 for maps in seen)
    assert all(torch.allclose(maps.sum(-1), torch.ones(())) for maps in seen)


def test_a_dropped_condition_is_zeros_whatever_its_mask() -> None:
    condition = Condition(torch.ones(2, 3, 4), torch.ones(2, 4), torch.ones(2, 3, dtype=torch.bool))
    dropped = condition.dropped(torch.tensor([True, False]))
    assert (dropped.states.sum((1, 2)).tolist(), dropped.pooled.sum(1).tolist()) == ([12.0, 0.0], [4.0, 0.0])
    both = condition.beside_free()
    assert both.states[:2].abs().sum() == both.pooled[:2].abs().sum() == 0.0
    assert torch.equal(both.states[2:], condition.states)
    assert both.real is not None
    assert both.real.shape == (4, 3)


@pytest.mark.parametrize(
    ("part", "frozen"), [(Trained.NONE, {"first", "last"}), (Trained.LAST, {"first"}), (Trained.ALL, set[str]())]
)
def test_as_much_of_the_language_model_is_trained_as_is_asked(
    preset: Preset, weights: Path, part: Trained, frozen: set[str]
) -> None:
    model: Any = load_network(preset, weights, "language")
    set_trained(model, part)
    layers = {"first": model.layers[0], "last": model.layers[-1]}
    assert {name for name, layer in layers.items() if not any(p.requires_grad for p in layer.parameters())} == frozen
    assert model.embed_tokens.weight.requires_grad is (part is Trained.ALL)
