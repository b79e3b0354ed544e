"""Who may see policies and what their rules found, and who may change them."""

from typing import Final

READ: Final = "policies.read"
MANAGE: Final = "policies.manage"
