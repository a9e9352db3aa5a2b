"""Column types that mean the same in SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, String, TypeDecorator

from services.size import Size

_SIGN = 2**63


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Unsigned64(TypeDecorator[int]):
    """0..2**64-1 in a signed column: databases have no unsigned integers."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Shift down."""
        return None if value is None else value - _SIGN

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Shift up."""
        return None if value is None else value + _SIGN


class SizeText(TypeDecorator[Size]):
    """A picture's size as WIDTHxHEIGHT."""

    impl = String(16)
    cache_ok = True

    def process_bind_param(self, value: Size | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To text."""
        return str(value) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Size | None:  # noqa: ARG002
        """From text."""
        return Size.parse(value) if value else None
