from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.errors import NotFoundError, UnavailableError
from services.gateway.conversation import Conversations
from services.gateway.location import Location
from services.gateway.prompt import Turn
from services.gateway.wish import ImageRef
from services.jobs.database import Database
from services.migrations import migrate

TTL = timedelta(minutes=10)
START = datetime(2026, 1, 1)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'turns.sqlite3'}")
    yield database
    database.close()


def opened(database: Database, clock: Clock, tenant: str = "default") -> Conversations:
    return Conversations(database, tenant=tenant, ttl=TTL, max_turns=3, now=clock)


@pytest.fixture
async def conversations(database: Database, clock: Clock) -> Conversations:
    migrate(database)
    return opened(database, clock)


async def test_turns_come_back_in_order_and_another_replica_sees_them(
    conversations: Conversations, database: Database, clock: Clock
) -> None:
    one = Turn(("[INST] é \n<b>", Location(0, 1, 2, 223), "</b>", ImageRef("default/images/a.png")))
    two = Turn(("two",))
    conversation = await conversations.begin()
    await conversations.append(conversation, one)
    await conversations.append(conversation, two)
    assert await opened(database, clock).turns(conversation) == (one, two)


async def test_only_the_newest_turns_are_kept(conversations: Conversations) -> None:
    conversation, other = await conversations.begin(), await conversations.begin()
    await conversations.append(other, Turn(("other",)))
    for number in range(5):
        await conversations.append(conversation, Turn((str(number),)))
    assert await conversations.turns(conversation) == (Turn(("2",)), Turn(("3",)), Turn(("4",)))
    assert await conversations.turns(other) == (Turn(("other",)),)


async def test_a_conversation_expires_after_its_last_turn(conversations: Conversations, clock: Clock) -> None:
    conversation = await conversations.begin()
    clock.now += TTL - timedelta(seconds=1)
    await conversations.append(conversation, Turn(("a",)))
    clock.now += TTL - timedelta(seconds=1)
    assert len(await conversations.turns(conversation)) == 1
    clock.now += timedelta(seconds=2)
    with pytest.raises(NotFoundError):
        await conversations.turns(conversation)
    await conversations.begin()
    await conversations.append(conversation, Turn(("late",)))
    clock.now = START
    with pytest.raises(NotFoundError):
        await conversations.turns(conversation)


async def test_another_tenants_conversation_is_unknown(
    conversations: Conversations, database: Database, clock: Clock
) -> None:
    conversation = await conversations.begin()
    with pytest.raises(NotFoundError):
        await opened(database, clock, "other").turns(conversation)


async def test_a_database_that_does_not_answer_is_named(tmp_path: Path, clock: Clock) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    (tmp_path / "x.sqlite3").mkdir()
    with pytest.raises(UnavailableError, match="database"):
        await opened(database, clock).begin()
    database.close()
