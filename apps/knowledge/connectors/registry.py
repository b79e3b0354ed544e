"""Every kind of source, one line each."""

from __future__ import annotations

from typing import Final

from apps.knowledge.connectors import folder, git, s3, website
from apps.knowledge.connectors.base import Kind

KINDS: Final[dict[str, Kind]] = {kind.slug: kind for kind in (folder.KIND, s3.KIND, git.KIND, website.KIND)}
