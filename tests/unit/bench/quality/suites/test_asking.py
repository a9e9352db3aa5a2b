from __future__ import annotations

import pytest

from bench.quality.subjects.message import Reply, order
from bench.quality.suites.asking import TOGETHER, pictures, replies
from services.errors import InternalError
from tests.unit.bench.quality.conftest import plain
from tests.unit.bench.quality.suites.oracle import Oracle

MESSAGES = [order((f"wish {number}",), number) for number in range(TOGETHER + 3)]


def test_messages_are_sent_a_few_at_a_time_as_replies_are_wanted() -> None:
    oracle = Oracle(lambda message: Reply(message.words))
    found = replies(oracle, MESSAGES, "test")
    assert next(found).text == "wish 0"
    assert len(oracle.messages) == TOGETHER
    assert [reply.text for reply in found] == [f"wish {number}" for number in range(1, TOGETHER + 3)]
    assert oracle.messages == MESSAGES


def test_an_answer_without_a_picture_is_named() -> None:
    oracle = Oracle(lambda message: Reply("no", picture=None if message.seed == 1 else plain(1, 2, 3)))
    found = pictures(oracle, MESSAGES, "test")
    assert next(found).shape == (8, 8, 3)
    with pytest.raises(InternalError, match="'wish 1' held no picture"):
        next(found)
