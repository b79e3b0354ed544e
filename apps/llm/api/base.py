"""What the endpoints of this app share: the capability, strict input, and a service's errors as a problem."""

from __future__ import annotations

from apps.accounts.api.base import TenantApi
from apps.llm.permissions import MANAGE
from apps.rest.inputs import refusals, taken

__all__ = ["ModelsApi", "refusals", "taken"]


class ModelsApi(TenantApi):
    """An endpoint for those who manage models; an API key needs the scope `admin`."""

    scope = "admin"
    capability = MANAGE
