"""Upkeep of the storage: bytes without a row go, once they are old enough not to be on their way in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.files.models import File
from apps.files.storage import storage
from apps.tenants.platform import platform_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

Holder = Callable[[set[str]], set[str]]
"""Tells which of some storage keys are in use though no File names them; called in a platform scope."""

GRACE: Final = dt.timedelta(hours=1)
_AT_ONCE: Final = 500
_holders: list[Holder] = []


def register_holder(holder: Holder) -> None:
    """Have keys kept that an app above holds by rows of its own."""
    _holders.append(holder)


def remove_orphans(*, grace: dt.timedelta = GRACE) -> int:
    """Delete what no row names and is older than `grace`; how many. Safe beside uploads and deletions."""
    removed = 0
    old = _old_keys(timezone.now() - grace)
    while keys := list(islice(old, _AT_ONCE)):
        with platform_scope():
            known = set(File.across.filter(storage_key__in=keys).values_list("storage_key", flat=True))
            known = known.union(*(holder(set(keys)) for holder in _holders))
        for key in set(keys) - known:
            storage().delete(key)
            removed += 1
    return removed


def _old_keys(until: dt.datetime) -> Iterator[str]:
    return (key for key, written in storage().keys("tenants/") if written < until)
