"""The tables in which conversations are kept."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()
CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("expires_at", DateTime(timezone=False), nullable=False),
)
TURNS = Table(
    "conversation_turns",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column(
        "conversation_id", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("pieces", Text, nullable=False),
)
Index("conversations_expires_at", CONVERSATIONS.c.expires_at)
