"""The stack subject over a real channel to the gateway's own code, with fakes behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.quality.subjects.message import Message, order, picture_in, question, wish
from bench.quality.subjects.stack import StackSubject
from bench.quality.subjects.strategy import BOTH, DIRECT, NONE, TOP_P
from bench.quality.subjects.subject import Identity
from services.errors import InternalError, UnavailableError
from services.inference.generator import ImageMode
from tests.contract.servers.ports import free_port
from tests.fakes.gateway import FakeGateway
from tests.unit.bench.quality.conftest import plain
from tests.unit.bench.quality.subjects.serving import serving

IDENTITY = Identity("stack", "fake", {}, 3, 2.5)


@pytest.fixture
def fake(tmp_path: Path) -> FakeGateway:
    return FakeGateway(tmp_path)


@pytest.fixture
def subject(fake: FakeGateway) -> Iterator[StackSubject]:
    with serving(fake) as address, StackSubject(address, IDENTITY) as subject:
        yield subject


def test_a_wish_is_rewritten_as_the_strategy_says(subject: StackSubject, fake: FakeGateway) -> None:
    for strategy in (BOTH, TOP_P, NONE):
        message = wish("a red circle", strategy, 11)
        (reply,) = subject.reply([message])
        assert picture_in(reply, message).shape == (16, 16, 3)
        assert reply.rewrite.startswith("a large red circle")
    used = [request.sampling[0] for request in fake.generator.requests]
    assert [(each.seed, each.top_p, each.temperature) for each in used] == [(11, 0.9, 0.8), (11, 0.9, 1.0), (11, 1, 0)]
    assert {(spec.seed, spec.steps, spec.guidance) for spec in fake.jobs.specs} == {(11, 3, 2.5)}


def test_without_rewriting_features_come_at_once(subject: StackSubject, fake: FakeGateway) -> None:
    (reply,) = subject.reply([wish("a red circle", DIRECT, 11)])
    assert reply.rewrite == ""
    assert fake.generator.requests[0].ids[-1] == fake.words.tokens.image_start


def test_references_go_up_and_stand_where_they_are_meant(subject: StackSubject, fake: FakeGateway) -> None:
    (reply,) = subject.reply([order(("a bear", plain(1, 2, 3), "and a cat", plain(4, 5, 6)), 4)])
    assert reply.picture is not None
    assert len(fake.encoder.images) == 2
    request = fake.generator.requests[0]
    assert request.image is ImageMode.FORCE
    assert len(request.feature_positions) == 128


def test_a_question_is_answered_in_words(subject: StackSubject, fake: FakeGateway) -> None:
    (reply,) = subject.reply([question((plain(1, 2, 3), "What color is it?"))])
    assert "red circle" in reply.text
    assert reply.picture is None
    assert fake.generator.requests[0].image is ImageMode.NEVER
    assert fake.generator.requests[0].sampling[0].temperature == 0


def test_a_conversation_goes_on_with_the_last_picture(subject: StackSubject, fake: FakeGateway) -> None:
    (first,) = subject.reply([Message(("a red circle",), 1)])
    (second,) = subject.reply([Message(("Make it blue.",), 1, after=first)])
    assert second.picture is not None
    assert second.memory == first.memory
    (alone,) = subject.reply([Message(("Make it blue.",), 1)])
    assert alone.memory != first.memory
    shown = [len(request.feature_positions) for request in fake.generator.requests]
    assert shown == [0, 64, 0]


def test_messages_that_come_together_get_their_own_replies(subject: StackSubject, fake: FakeGateway) -> None:
    wishes = [wish("a red circle", DIRECT, seed) for seed in (5, 6, 7)]
    replies = subject.reply([*wishes[:2], question((plain(1, 2, 3), "What is it?")), wishes[2]])
    assert [reply.picture is None for reply in replies] == [False, False, True, False]
    assert len({reply.memory for reply in replies}) == 4
    assert sorted(spec.seed for spec in fake.jobs.specs) == [5, 6, 7]


def test_a_picture_that_fails_is_an_error_that_names_the_wish(subject: StackSubject, fake: FakeGateway) -> None:
    fake.jobs.failure = "out of memory"
    with pytest.raises(InternalError, match=r"no picture was made of 'a red circle': .*out of memory"):
        subject.reply([wish("a red circle", DIRECT, 1)])


def test_an_answer_without_a_picture_is_no_error_until_one_is_needed(subject: StackSubject, fake: FakeGateway) -> None:
    fake.generator.pictures = False
    message = Message((plain(1, 2, 3), "Make it blue."), 1)
    (reply,) = subject.reply([message])
    assert reply.picture is None
    with pytest.raises(InternalError, match=r"'Make it blue\.' held no picture"):
        picture_in(reply, message)


def test_a_gateway_that_is_not_there_is_named() -> None:
    port = free_port()
    with StackSubject(f"127.0.0.1:{port}", IDENTITY) as subject:
        with pytest.raises(UnavailableError, match="gateway is unavailable: UNAVAILABLE"):
            subject.reply([wish("a red circle", BOTH, 1)])
        with pytest.raises(UnavailableError):
            subject.reply([question((np.zeros((4, 4, 3), np.uint8), "What is it?"))])
