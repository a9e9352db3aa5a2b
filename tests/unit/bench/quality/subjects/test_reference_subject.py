from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.quality.subjects.reference import ReferenceSubject, weights_of
from bench.quality.subjects.strategy import BOTH, DIRECT, NONE, PURE
from bench.quality.subjects.subject import Identity
from export.digest import file_digest
from export.presets import Preset
from export.reference import ImageMode, Reference, Sampling
from services.errors import FailedPreconditionError
from tests.unit.bench.quality.conftest import plain


@pytest.fixture(scope="module")
def subject(reference: Reference) -> ReferenceSubject:
    return ReferenceSubject(reference, Identity("reference", "small", {}, 2, 3.0))


def test_the_same_seed_paints_the_same_and_another_does_not(subject: ReferenceSubject) -> None:
    first, again, other = (subject.paint("a red circle", BOTH, seed) for seed in (1, 1, 2))
    assert first.picture.shape == (16, 16, 3)
    assert first.picture.dtype == np.uint8
    np.testing.assert_array_equal(first.picture, again.picture)
    assert first.rewrite == again.rewrite
    assert first.rewrite != other.rewrite
    assert not np.array_equal(first.picture, other.picture)


def test_strategies_decide_what_is_sampled(subject: ReferenceSubject) -> None:
    assert subject.paint("a red circle", DIRECT, 1).rewrite == ""
    greedy = [subject.paint("a red circle", NONE, seed).rewrite for seed in (1, 2)]
    assert greedy[0] == greedy[1]
    sampled = [subject.paint("a red circle", PURE, seed).rewrite for seed in (1, 2)]
    assert sampled[0] != sampled[1]


def test_painting_without_rewriting_is_the_references_own_prompt(
    subject: ReferenceSubject, reference: Reference
) -> None:
    prompt = reference.prompt("[INST] Generate a painting: a red circle [/INST]\n<img>")
    turn = reference.chat(prompt, Sampling(7), image=ImageMode.FORCE)
    assert turn.features is not None
    expected = np.asarray(reference.paint(turn.features, 7, 2, 3.0))
    np.testing.assert_array_equal(subject.paint("a red circle", DIRECT, 7).picture, expected)


def test_references_are_seen_where_they_stand(subject: ReferenceSubject) -> None:
    red, blue = plain(255, 0, 0, side=16), plain(0, 0, 255, side=16)
    pictures = [subject.compose((each, "Make it green."), 3) for each in (red, red, blue)]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])
    pairs = ((red, blue), (blue, red), (red, red))
    both = [subject.compose(("a", first, "and", second), 3).tobytes() for first, second in pairs]
    assert len(set(both)) == 3


def test_answers_are_words_and_always_the_same(subject: ReferenceSubject) -> None:
    answers = [subject.answer((plain(255, 0, 0, side=16), "What color is it?")) for _ in range(2)]
    assert answers[0] == answers[1]
    assert "<img" not in answers[0]


def test_a_reconstruction_comes_from_the_pictures_own_features(subject: ReferenceSubject) -> None:
    made = subject.reconstruct(plain(255, 0, 0, side=16), 5)
    assert made.shape == (16, 16, 3)
    assert not np.array_equal(made, subject.reconstruct(plain(0, 0, 255, side=16), 5))


def test_a_prompt_that_fills_the_context_is_refused(
    subject: ReferenceSubject, reference: Reference, small: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "preset", replace(small, context=100))
    with pytest.raises(FailedPreconditionError, match="leave no room in a context of 100"):
        subject.answer((plain(0, 0, 0, side=16), "What is this, and what stands to the left of it?"))


def test_weights_are_named_by_their_hash(weights: Path) -> None:
    found = weights_of(weights)
    assert sorted(found) == [f"{name}.safetensors" for name in ("decoder", "denoiser", "language", "vision")]
    assert found["vision.safetensors"] == file_digest(weights / "vision.safetensors")
