"""A lease that a thread renews while work goes on; what is worked on says how, in a scope of its tenant."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

from django.db import DatabaseError, InterfaceError, connection

from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

logger = logging.getLogger(__name__)


class Lease:
    """Calls `renew` every few seconds while the block lasts, also while a parser is busy.

    Ends by itself once `renew` says that the claim is another's; `is_lost` tells.
    """

    def __init__(self, tenant_id: UUID, renew: Callable[[], bool], *, every_s: float) -> None:
        self._tenant_id = tenant_id
        self._renew = renew
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self.is_lost = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(self._every_s)

    def _keep(self) -> None:
        while not self._ended.wait(self._every_s) and not self.is_lost:
            try:
                with tenant_scope(self._tenant_id):
                    self.is_lost = not self._renew()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("A lease could not be renewed: %s", type(error).__name__)
            finally:
                connection.close()
