"""The database behind the job rows: SQLite embedded, PostgreSQL by another URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from psycopg import Connection as PostgresConnection
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from services.errors import UnavailableError

_BUSY_MS = 5000
# Our transactions take milliseconds. One that is open longer is that of a process that sleeps or is cut off, and the
# rows it has locked are wanted by those who take its jobs over.
_IDLE_S = 5


class Database:
    """An engine for many threads. `UnavailableError("database")` from every use while it does not answer."""

    def __init__(self, url: str, *, connections: int = 16) -> None:
        self._sqlite = make_url(url).get_backend_name() == "sqlite"
        if self._sqlite:
            _make_folder(url)
        self._engine = create_engine(url, pool_size=connections, max_overflow=4, pool_timeout=10, pool_pre_ping=True)
        if self._sqlite:
            _tune_sqlite(self._engine)
        else:
            _tune_postgres(self._engine)

    @property
    def embedded(self) -> bool:
        """Whether it is a file of ours, which no operator looks after."""
        return self._sqlite

    @contextmanager
    def definition(self) -> Iterator[Connection]:
        """A transaction that may change tables, for the migrations."""
        with _reported(), self._engine.execution_options(writes=True).begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that will write; one at a time in SQLite, so what it reads stays true."""
        with _reported(), Session(self._engine.execution_options(writes=True)) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads."""
        with _reported(), Session(self._engine) as session:
            yield session

    def ping(self) -> None:
        """Return if the database answers."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise  # ours, not the database's
    except (DBAPIError, PoolTimeoutError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        # The statement, which SQLAlchemy's message holds, is of no use to a caller.
        raise UnavailableError("database", type(cause).__name__) from error


def _make_folder(url: str) -> None:
    database = make_url(url).database
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)


def _tune_postgres(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def tune(connection: PostgresConnection, _entry: ConnectionPoolEntry) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = '{_IDLE_S}s'")
        connection.commit()


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def tune(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        # sqlite3 would begin transactions by rules of its own; we say BEGIN below.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {_BUSY_MS}",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later can fail with "locked" whatever the timeout.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
