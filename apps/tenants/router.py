"""Which database alias a model uses: `default` for everything; only `migrate` migrates."""

from __future__ import annotations

from typing import Any


class AliasRouter:
    """Only the alias `migrate` may change the schema; reads and writes stay where they began."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "migrate"

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True
