"""The definition of correct keeps its own rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from export.presets import Preset
from export.reference import ImageMode, Reference, Sampling
from export.weights import Networks


@pytest.fixture(scope="module")
def reference(preset: Preset, weights_folder: Path, networks: Networks) -> Reference:
    return Reference(preset, weights_folder, networks)


def test_the_same_seed_says_the_same_and_another_does_not(reference: Reference) -> None:
    first, again, other = reference.rewrite("a red circle", [Sampling(3), Sampling(3), Sampling(4)], max_tokens=12)
    assert first.ids == again.ids
    assert first.ids != other.ids
    assert first.finish == other.finish == "image"


def test_each_feature_is_predicted_from_those_before_it(reference: Reference) -> None:
    """One pass over the finished sequence gives the same features as the loop."""
    prompt = reference.prompt("a", torch.randn(64, 32, generator=torch.Generator().manual_seed(1)), "b<img>")
    turn = reference.chat(prompt, Sampling())
    assert turn.features is not None
    language = reference.language
    before = language.token(prompt.ids)
    before[list(prompt.feature_positions)] = language.feature(prompt.features)
    _, predicted = language.hidden(torch.cat([before, language.feature(turn.features)])[None])
    start = len(prompt.ids) - 1
    torch.testing.assert_close(predicted[0, start : start + 64], turn.features, atol=1e-5, rtol=0)


def test_feature_offset_takes_features_one_position_later(
    reference: Reference, preset: Preset, weights_folder: Path, networks: Networks
) -> None:
    later = Reference(replace(preset, feature_offset=1), weights_folder, networks)
    prompt = reference.prompt("a<img>")
    features, shifted = (each.chat(prompt, Sampling()).features for each in (reference, later))
    assert features is not None
    assert shifted is not None
    torch.testing.assert_close(shifted[:-1], features[1:], atol=0, rtol=0)


def test_feature_guidance_moves_away_from_the_unconditional_image(reference: Reference) -> None:
    prompt = reference.prompt("a red circle<img>")
    plain = reference.chat(prompt, Sampling()).features
    free = reference.chat(prompt, Sampling(), feature_guidance=0.0).features
    guided = reference.chat(prompt, Sampling(), feature_guidance=2.0).features
    assert plain is not None
    assert free is not None
    assert guided is not None
    torch.testing.assert_close(guided[0], free[0] + 2 * (plain[0] - free[0]), atol=1e-5, rtol=0)


def test_image_tokens_are_never_sampled_as_text(reference: Reference) -> None:
    prompt = reference.prompt("hello")
    start = reference.tokenizer.id_of("<img>")
    hot = Sampling(5, top_p=1.0, temperature=20.0)
    turn = reference.chat(prompt, hot, max_tokens=60, image=ImageMode.NEVER)
    assert turn.features is None
    assert not any(start <= token <= start + 101 for token in turn.ids)
    forced = reference.chat(prompt, hot, max_tokens=3, image=ImageMode.FORCE)
    assert forced.ids[-66:] == [start, *range(start + 2, start + 66), start + 1]
    assert len(forced.ids) <= 3 + 66


def test_a_picture_and_its_features(reference: Reference, preset: Preset) -> None:
    features = reference.encode(Image.new("L", (70, 30), 128))
    assert features.shape == (64, preset.vision.width)
    first, again, other = (reference.paint(features, seed, steps=2) for seed in (1, 1, 2))
    assert first.size == (32, 32)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
