"""The reference's prompts against those of the gateway's own code, message by message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.quality.subjects.message import Message, Reply, order, question, wish
from bench.quality.subjects.prompting import Prompting, caption
from bench.quality.subjects.stack import StackSubject
from bench.quality.subjects.strategy import BOTH, DIRECT, NONE
from bench.quality.subjects.subject import Identity
from services.errors import InvalidArgumentError
from services.gateway.settings import GatewaySettings
from services.inference.generator import GenerationRequest
from services.manifest import Manifest
from tests.fakes.gateway import CONTEXT, FakeGateway
from tests.fakes.generator import WIDTH
from tests.unit.bench.quality.conftest import plain
from tests.unit.bench.quality.subjects.serving import serving
from tests.unit.services.test_manifest import tiny_manifest

IDENTITY = Identity("stack", "fake", {}, 3, 2.5)
RED, BLUE = plain(200, 0, 0, side=16), plain(0, 0, 200, side=16)
TALKS = {
    "rewritten": [wish("a red circle", BOTH, 3)],
    "rewritten greedily": [wish("a red circle", NONE, 3)],
    "painted": [wish("a red circle.", DIRECT, 4)],
    "an edit": [order((RED, " Make it green."), 5)],
    "references": [order(("a bear", RED, "beside a cat", BLUE, "and the bear", RED), 6)],
    "a question": [question((RED, "What color is it?"))],
    "the last picture": [Message((words,), 7) for words in ("a red circle", "Make it blue.", "Where is it?")],
    "another picture": [Message(("a red circle",), 8), Message(("a star",), 8), Message((RED, "Turn it blue."), 8)],
    "long wishes": [Message(("a red circle " * 12,), 9), Message(("Move it to the left.",), 9)],
    "more than fits": [Message((RED, f"Make it {number} times larger."), 1) for number in range(9)],
}


@pytest.fixture
def fake(tmp_path: Path) -> FakeGateway:
    return FakeGateway(tmp_path)


@pytest.fixture
def prompting(fake: FakeGateway) -> Prompting:
    content = tiny_manifest()
    content["language"]["context"] = CONTEXT
    settings = GatewaySettings(gateway_answer_tokens=128, gateway_conversation_turns=8)
    return Prompting(Manifest.model_validate(content), fake.words, settings)


@pytest.mark.parametrize("talk", TALKS.values(), ids=list(TALKS))
def test_the_gateway_and_the_reference_build_the_same_prompts(
    talk: list[Message], fake: FakeGateway, prompting: Prompting
) -> None:
    sent: list[Reply] = []
    with serving(fake) as address, StackSubject(address, IDENTITY) as subject:
        for message in talk:
            sent += subject.reply([replace(message, after=sent[-1] if sent else None)])
    remembered: Reply | None = None
    for message, reply, request in zip(talk, sent, fake.generator.requests, strict=True):
        ready = prompting.ready(replace(message, after=remembered), IDENTITY)
        built = prompting.build(ready, dict.fromkeys(ready.pictures, np.zeros((64, WIDTH), np.float32)))
        assert (built.ids, built.feature_positions) == (request.ids, request.feature_positions)
        (sampling,) = request.sampling
        ours = ready.sampling
        assert (ours.seed, ours.top_p, ours.temperature) == (sampling.seed, sampling.top_p, sampling.temperature)
        assert (int(ready.mode), ready.max_tokens) == (int(request.image), request.max_tokens)
        words = prompting.words(said(fake, request))
        remembered = Reply(memory=prompting.remembered(ready, words, reply.picture))


def said(fake: FakeGateway, request: GenerationRequest) -> tuple[int, ...]:
    """What the generator answered, in ids."""
    opened = request.ids[-1] == fake.words.tokens.image_start
    return () if opened else fake.words.encode(fake.generator.say(request, 0))


def test_the_last_picture_stands_in_the_next_prompt(fake: FakeGateway, prompting: Prompting) -> None:
    first = prompting.ready(Message(("a red circle",)), IDENTITY)
    after = Reply(memory=prompting.remembered(first, " Here it is: ", RED))
    second = prompting.ready(Message(("Make it blue.",), after=after), IDENTITY)
    (name,) = second.pictures
    np.testing.assert_array_equal(second.pictures[name], RED)
    features = np.ones((64, WIDTH), np.float32)
    built = prompting.build(second, {name: features})
    assert built.features is not None
    np.testing.assert_array_equal(built.features, features)
    alone = prompting.ready(Message(("Make it blue.",)), IDENTITY)
    assert not alone.pictures


def test_what_the_gateway_refuses_is_refused_in_its_words(prompting: Prompting) -> None:
    with pytest.raises(InvalidArgumentError, match="content: has 4 references, at most 3 are allowed"):
        prompting.ready(order((RED, BLUE, RED, BLUE), 0), IDENTITY)
    with pytest.raises(InvalidArgumentError, match=r"the message is .* tokens long, at most"):
        prompting.ready(question(("word " * 3000,)), IDENTITY)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (" Here is my detailed description: A red circle. Here is the generated image: ", "A red circle."),
        (" A red circle.", "A red circle."),
        ("", ""),
    ],
)
def test_a_caption_is_cut_out_of_the_answer(words: str, expected: str) -> None:
    assert caption(words) == expected
