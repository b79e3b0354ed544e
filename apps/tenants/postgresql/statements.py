"""Statements of the hot paths: prepared once per connection, sent without a cursor's layers.

On one core a statement through a cursor costs the client 36 µs, so 15; five that leave together cost 34 µs
and the server 40 instead of 100, since neither waits for the other in between.
"""

from __future__ import annotations

import re
import select
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

Values = Mapping[str, Any] | Sequence[Any]

_PLACE: Final = re.compile(r"%%|%s|%\((\w+)\)s")
LOST: Final = "The connection to PostgreSQL is lost."
_GOOD: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Statement:
    """One statement with its places `%s` or `%(name)s`, as a constant of the module that uses it.

    For point look-ups and writes by key. Not for searches: a plan that is made once for all values takes
    the wrong index for them.
    """

    __slots__ = ("_names", "sql", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        names: list[str] = []

        def numbered(place: re.Match[str]) -> str:
            if place[0] == "%%":
                return "%"
            name = place[1] or str(len(names))
            if name not in names:
                names.append(name)
            return f"${names.index(name) + 1}"

        self.sql = _PLACE.sub(numbered, text).encode()
        self._names = names if "%(" in text else None

    def ordered(self, values: Values) -> Sequence[Any]:
        """The values in the order of their numbers; raises KeyError for a name that is missing."""
        if isinstance(values, Mapping):
            return [values[name] for name in self._names or ()]
        return values


@dataclass(frozen=True, slots=True)
class Done:
    """What a statement gave back: its rows, and how many it found or changed."""

    rows: list[tuple[Any, ...]]
    count: int

    @property
    def row(self) -> tuple[Any, ...] | None:
        """The first row, if any."""
        return self.rows[0] if self.rows else None


class Ready(NamedTuple):
    """A statement under its name on the connection, with its values as the server takes them."""

    name: bytes
    values: Sequence[Any]
    formats: Sequence[Any]


class Preparing:
    """What one connection has prepared. Types are part of the key: the server fixes them with the plan."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.pgconn: PGconn = connection.pgconn
        self._encoding = connection.info.encoding
        self._values = Transformer(connection)
        self._rows = Transformer(connection)
        self._names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._numbers = count()

    def ready(
        self, statement: Statement, values: Values, prepare: Callable[[bytes, bytes, Sequence[int]], object]
    ) -> Ready:
        """The statement with its values; at its first use `prepare(name, sql, types)` is called."""
        ordered = statement.ordered(values)
        transformer = self._values
        dumped = transformer.dump_sequence(ordered, [PyFormat.TEXT] * len(ordered))
        types = transformer.types or ()
        name = self._names.get((statement.sql, types))
        if name is None:
            name = b"atrium_%d" % next(self._numbers)
            prepare(name, statement.sql, types)
            self._names[statement.sql, types] = name
        return Ready(name, dumped, transformer.formats or ())

    def forget(self, names: Sequence[bytes]) -> None:
        """Prepare those anew at their next use: it is not known whether the server has them."""
        self._names = {key: name for key, name in self._names.items() if name not in names}

    def done(self, result: PGresult) -> Done:
        """What the result says; raises psycopg's error."""
        self.refuse_failed(result)
        count = result.command_tuples or 0
        if not result.nfields:
            return Done([], count)
        self._rows.set_pgresult(result)
        return Done(self._rows.load_rows(0, result.ntuples, tuple), count)

    def refuse_failed(self, result: PGresult) -> None:
        """Raise psycopg's error for a result that is one."""
        if result.status in _GOOD:
            return
        if not result.error_field(DiagnosticField.SQLSTATE):
            raise psycopg.OperationalError(result.get_error_message(self._encoding) or LOST)
        raise error_from_result(result, encoding=self._encoding)


class Prepared:
    """Runs statements on a connection, waiting for each round trip; for that connection's thread alone."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._preparing = Preparing(connection)

    def run(self, statement: Statement, values: Values) -> Done:
        """One statement; raises psycopg's errors."""
        ready = self._preparing.ready(statement, values, self._prepare)
        pgconn = self._preparing.pgconn
        return self._preparing.done(pgconn.exec_prepared(ready.name, ready.values, ready.formats))

    def run_together(self, calls: Sequence[tuple[Statement, Values]]) -> list[Done]:
        """Statements in one round trip; raises the first one's error."""
        preparing = self._preparing
        ready = [preparing.ready(statement, values, self._prepare) for statement, values in calls]
        pgconn = preparing.pgconn
        pgconn.enter_pipeline_mode()
        try:
            for one in ready:
                pgconn.send_query_prepared(one.name, one.values, one.formats)
            pgconn.pipeline_sync()
            results = _received(pgconn)
        finally:
            if pgconn.status == ConnStatus.OK:
                pgconn.exit_pipeline_mode()
        return [preparing.done(result) for result in results]

    def _prepare(self, name: bytes, sql: bytes, types: Sequence[int]) -> None:
        self._preparing.refuse_failed(self._preparing.pgconn.prepare(name, sql, types))


def _received(pgconn: PGconn) -> list[PGresult]:
    """Every result up to the pipeline's end; the thread waits without holding the interpreter."""
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)
    results: list[PGresult] = []
    while True:
        while pgconn.is_busy():
            poll.poll()
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            refuse_lost(pgconn)
        elif result.status == ExecStatus.PIPELINE_SYNC:
            return results
        else:
            results.append(result)


def refuse_lost(pgconn: PGconn) -> None:
    """Raise psycopg's OperationalError where the connection is gone."""
    if pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError(pgconn.get_error_message() or LOST)


_connections: WeakKeyDictionary[psycopg.Connection[Any], Prepared] = WeakKeyDictionary()


def prepared_on(connection: psycopg.Connection[Any]) -> Prepared:
    """What runs statements on this connection."""
    found = _connections.get(connection)
    if found is None:
        found = _connections[connection] = Prepared(connection)
    return found
