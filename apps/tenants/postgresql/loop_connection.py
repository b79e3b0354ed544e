"""A connection whose statements are awaited on an event loop, without a thread.

On one core a database thread beside a busy loop costs twice its work, since each statement hands the
interpreter over and takes it back.
"""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import ConnStatus, ExecStatus

from apps.tenants.postgresql.statements import LOST, Preparing, refuse_lost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.pq.abc import PGresult

    from apps.tenants.postgresql.statements import Done, Statement, Values


class LoopConnection:
    """One connection in pipeline mode; one `run` at a time. It knows by itself when the server has gone."""

    def __init__(self, connection: psycopg.Connection[Any], loop: asyncio.AbstractEventLoop) -> None:
        self._connection = connection
        self._preparing = Preparing(connection)
        self._pgconn = connection.pgconn
        self._loop = loop
        self._socket = self._pgconn.socket
        self._results: list[PGresult] = []
        self._answer: asyncio.Future[list[PGresult]] | None = None
        self._is_writing = False
        self.is_lost = False
        weakref.finalize(self, connection.close)
        self._pgconn.nonblocking = 1
        self._pgconn.enter_pipeline_mode()
        loop.add_reader(self._socket, self._readable)

    async def run(self, calls: Sequence[tuple[Statement, Values]]) -> list[Done]:
        """Statements in one round trip; raises psycopg's error of the first that failed.

        Nothing is sent where a value is none that PostgreSQL takes. Cancelled, the connection is lost: what
        the server still answers would be taken for the next statement's.
        """
        if self.is_lost:
            raise psycopg.OperationalError(LOST)
        new = self._send(calls)
        answer = self._answer = self._loop.create_future()
        try:
            self._flush()
            results = await answer
        except BaseException:
            self._lose()
            raise
        try:
            return [self._preparing.done(result) for result in results][len(new) :]
        except psycopg.Error:
            self._preparing.forget(new)
            raise

    def close(self) -> None:
        """Give the socket up; harmless when it is lost already."""
        self._lose()
        self._connection.close()

    def _send(self, calls: Sequence[tuple[Statement, Values]]) -> list[bytes]:
        """Queue all of it, what is prepared first; the names of that."""
        pgconn = self._pgconn
        new: dict[bytes, tuple[bytes, Sequence[int]]] = {}

        def prepare(name: bytes, sql: bytes, types: Sequence[int]) -> None:
            new[name] = sql, types

        try:
            ready = [self._preparing.ready(statement, values, prepare) for statement, values in calls]
        except BaseException:
            self._preparing.forget(list(new))
            raise
        for name, (sql, types) in new.items():
            pgconn.send_prepare(name, sql, types)
        for one in ready:
            pgconn.send_query_prepared(one.name, one.values, one.formats)
        pgconn.pipeline_sync()
        return list(new)

    def _flush(self) -> None:
        is_left = bool(self._pgconn.flush())
        if is_left == self._is_writing:
            return
        self._is_writing = is_left
        if is_left:
            self._loop.add_writer(self._socket, self._flush)
        else:
            self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        try:
            self._pgconn.consume_input()
            if self._is_writing:
                self._flush()
            self._take()
        except psycopg.Error as error:
            self._lose(error)

    def _take(self) -> None:
        pgconn = self._pgconn
        while self._answer is not None and not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:
                refuse_lost(pgconn)
            elif result.status == ExecStatus.PIPELINE_SYNC:
                answer, self._answer = self._answer, None
                results, self._results = self._results, []
                if not answer.done():
                    answer.set_result(results)
            else:
                self._results.append(result)
        if pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError(LOST)

    def _lose(self, error: psycopg.Error | None = None) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or psycopg.OperationalError(LOST))
        self._answer = None
