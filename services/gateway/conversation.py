"""Conversations, kept in SQL so that every replica of the gateway knows them."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from services.errors import NotFoundError
from services.gateway.location import Location
from services.gateway.prompt import Turn
from services.gateway.templates import Piece
from services.gateway.transcripts import CONVERSATIONS, TURNS
from services.gateway.wish import ImageRef
from services.jobs.database import Database


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)  # UTC without zone: SQLite keeps none


class Conversations:
    """Turns by conversation. The newest `max_turns` are kept, until `ttl` after the last one.

    Every method raises UnavailableError("database") while the database does not answer.
    """

    def __init__(
        self,
        database: Database,
        *,
        tenant: str,
        ttl: timedelta,
        max_turns: int,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._database, self._tenant, self._ttl, self._max_turns, self._now = database, tenant, ttl, max_turns, now

    async def begin(self) -> str:
        """A new conversation's id; expired conversations are forgotten on the way."""
        return await asyncio.to_thread(self._begin)

    async def turns(self, conversation_id: str) -> tuple[Turn, ...]:
        """The turns, oldest first.

        Raises:
            NotFoundError: there is no such conversation, or it has expired.
        """
        return await asyncio.to_thread(self._turns, conversation_id)

    async def append(self, conversation_id: str, turn: Turn) -> None:
        """Add a turn and keep the conversation alive for another `ttl`."""
        await asyncio.to_thread(self._append, conversation_id, turn)

    def _begin(self) -> str:
        conversation_id = uuid.uuid4().hex
        now = self._now()
        expired = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.expires_at < now)
        with self._database.write() as session:
            session.execute(delete(TURNS).where(TURNS.c.conversation_id.in_(expired)))
            session.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.expires_at < now))
            session.execute(
                insert(CONVERSATIONS).values(id=conversation_id, tenant=self._tenant, expires_at=now + self._ttl)
            )
        return conversation_id

    def _turns(self, conversation_id: str) -> tuple[Turn, ...]:
        alive = select(CONVERSATIONS.c.id).where(
            CONVERSATIONS.c.id == conversation_id,
            CONVERSATIONS.c.tenant == self._tenant,
            CONVERSATIONS.c.expires_at >= self._now(),
        )
        turns = select(TURNS.c.pieces).where(TURNS.c.conversation_id == conversation_id).order_by(TURNS.c.number)
        with self._database.read() as session:
            if session.execute(alive).first() is None:
                raise NotFoundError(
                    f"conversation {conversation_id!r} does not exist or has expired", reason="UNKNOWN_CONVERSATION"
                )
            return tuple(_read(row.pieces) for row in session.execute(turns))

    def _append(self, conversation_id: str, turn: Turn) -> None:
        mine = TURNS.c.conversation_id == conversation_id
        newest = select(TURNS.c.number).where(mine).order_by(TURNS.c.number.desc()).limit(self._max_turns)
        alive = update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id)
        with self._database.write() as session:
            kept = session.execute(alive.values(expires_at=self._now() + self._ttl).returning(CONVERSATIONS.c.id))
            if kept.first() is None:
                return  # it expired while this turn was being made: there is nothing left to add to
            session.execute(insert(TURNS).values(conversation_id=conversation_id, pieces=_written(turn)))
            oldest_kept = min(row.number for row in session.execute(newest))
            session.execute(delete(TURNS).where(mine, TURNS.c.number < oldest_kept))


def _written(turn: Turn) -> str:
    def entry(piece: Piece) -> dict[str, object]:
        match piece:
            case ImageRef():
                return {"image": piece.object}
            case Location():
                return {"location": piece.cells}
            case _:
                return {"text": piece}

    return json.dumps([entry(piece) for piece in turn.pieces], ensure_ascii=False)


def _read(pieces: str) -> Turn:
    def piece(entry: dict[str, Any]) -> Piece:
        match entry:
            case {"image": str(name)}:
                return ImageRef(name)
            case {"location": [left, top, right, bottom]}:
                return Location(left, top, right, bottom)
            case _:
                return str(entry["text"])

    return Turn(tuple(piece(entry) for entry in json.loads(pieces)))
