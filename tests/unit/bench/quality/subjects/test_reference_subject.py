from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.quality.picture import Picture
from bench.quality.subjects.message import Message, order, picture_in, question, wish
from bench.quality.subjects.prompting import Prompting
from bench.quality.subjects.reference import ReferenceSubject, weights_of
from bench.quality.subjects.strategy import BOTH, DIRECT, NONE, PURE
from bench.quality.subjects.subject import Identity
from export.digest import file_digest
from export.presets import Preset
from export.reference import ImageMode, Reference, Sampling
from services.errors import InvalidArgumentError
from services.gateway.settings import GatewaySettings
from tests.unit.bench.quality.conftest import plain

RED, BLUE = plain(255, 0, 0, side=16), plain(0, 0, 255, side=16)


@pytest.fixture(scope="module")
def subject(reference: Reference, small: Preset, weights: Path) -> ReferenceSubject:
    prompting = Prompting.load(small, weights, GatewaySettings(gateway_answer_tokens=16))
    return ReferenceSubject(reference, prompting, Identity("reference", "small", {}, 2, 3.0))


def painted(subject: ReferenceSubject, messages: Sequence[Message]) -> list[Picture]:
    return [picture_in(reply, message) for reply, message in zip(subject.reply(messages), messages, strict=True)]


def test_the_same_seed_paints_the_same_and_another_does_not(subject: ReferenceSubject) -> None:
    first, again, other = subject.reply([wish("a red circle", BOTH, seed) for seed in (1, 1, 2)])
    assert first.picture is not None
    assert again.picture is not None
    assert other.picture is not None
    assert first.picture.shape == (16, 16, 3)
    assert first.picture.dtype == np.uint8
    np.testing.assert_array_equal(first.picture, again.picture)
    assert first.rewrite == again.rewrite
    assert first.rewrite != other.rewrite
    assert not np.array_equal(first.picture, other.picture)


def test_a_message_gets_the_same_reply_alone_and_among_others(subject: ReferenceSubject) -> None:
    messages = [wish("a red circle", DIRECT, 1), wish("a red circle", NONE, 2), order((RED, "Make it green."), 3)]
    together = painted(subject, messages)
    for message, picture in zip(messages, together, strict=True):
        (alone,) = painted(subject, [message])
        # Sums over a batch are not added up in the same order.
        assert np.abs(alone.astype(int) - picture.astype(int)).max() <= 1


def test_strategies_decide_what_is_sampled(subject: ReferenceSubject) -> None:
    (direct,) = subject.reply([wish("a red circle", DIRECT, 1)])
    assert direct.rewrite == ""
    greedy = [reply.rewrite for reply in subject.reply([wish("a red circle", NONE, seed) for seed in (1, 2)])]
    assert greedy[0] == greedy[1]
    sampled = [reply.rewrite for reply in subject.reply([wish("a red circle", PURE, seed) for seed in (1, 2)])]
    assert sampled[0] != sampled[1]


def test_painting_without_rewriting_is_the_references_own_prompt(
    subject: ReferenceSubject, reference: Reference
) -> None:
    prompt = reference.prompt("[INST] Generate a painting: a red circle [/INST]\n<img>")
    turn = reference.chat(prompt, Sampling(7), image=ImageMode.FORCE)
    assert turn.features is not None
    expected = np.asarray(reference.paint(turn.features, 7, 2, 3.0))
    np.testing.assert_array_equal(painted(subject, [wish("a red circle", DIRECT, 7)])[0], expected)


def test_references_are_seen_where_they_stand(subject: ReferenceSubject) -> None:
    pictures = painted(subject, [order((each, "Make it green."), 3) for each in (RED, RED, BLUE)])
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])
    pairs = ((RED, BLUE), (BLUE, RED), (RED, RED), (BLUE, BLUE))
    both = painted(subject, [order(("a", first, "and", second), 3) for first, second in pairs])
    assert len({picture.tobytes() for picture in both}) == 4


def test_a_conversation_goes_on_with_the_last_picture(subject: ReferenceSubject) -> None:
    openings = [Message(("a red circle",), seed) for seed in (1, 2)]
    first, other = subject.reply(openings)
    changes = [Message(("Make it blue, please.",), 5, after=reply) for reply in (first, first, other, None)]
    replies = subject.reply(changes)
    assert replies[0].text == replies[1].text
    prompts = [reply.memory.turns for reply in replies]  # type: ignore[attr-defined]
    assert [len(turns) for turns in prompts] == [2, 2, 2, 1]
    assert prompts[0] == prompts[1] != prompts[2]


def test_answers_are_words_and_always_the_same(subject: ReferenceSubject) -> None:
    answers = subject.reply([question((RED, "What color is it?"))] * 2)
    assert answers[0].text == answers[1].text
    assert answers[0].picture is None
    assert "<img" not in answers[0].text


def test_a_reconstruction_comes_from_the_pictures_own_features(subject: ReferenceSubject) -> None:
    red, blue = subject.reconstruct([RED, BLUE], [5, 5])
    assert red.shape == blue.shape == (16, 16, 3)
    assert not np.array_equal(red, blue)


def test_a_prompt_that_fills_the_context_is_refused(reference: Reference, small: Preset, weights: Path) -> None:
    prompting = Prompting.load(replace(small, context=80), weights, GatewaySettings(gateway_answer_tokens=16))
    narrow = ReferenceSubject(reference, prompting, Identity("reference", "small", {}, 2, 3.0))
    with pytest.raises(InvalidArgumentError, match=r"tokens long, at most 45 fit \(context 80"):
        narrow.reply([order((RED, "What is this, and what stands to the left of it?"), 1)])


def test_weights_are_named_by_their_hash(weights: Path) -> None:
    found = weights_of(weights)
    assert sorted(found) == [f"{name}.safetensors" for name in ("decoder", "denoiser", "language", "vision")]
    assert found["vision.safetensors"] == file_digest(weights / "vision.safetensors")
