"""What a pooled connection forgets before somebody else gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg


def reset(connection: psycopg.Connection[Any]) -> None:
    """Clear every session setting; the time zone stays, since it comes with the connection's options."""
    connection.execute("RESET ALL")
    if not connection.autocommit:
        connection.commit()
