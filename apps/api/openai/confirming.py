"""A program's yes to rules that ask before anything is sent: the header Atrium-Confirm. Pure.

Its value are the ids that the refusal (`confirmation_required`) named, with commas between. It holds for the
request that carries it and for nothing else. A header, so that it is the same at every address and the
official client sends it by `extra_headers`.
"""

from __future__ import annotations

import re
from typing import Final

CONFIRM: Final = "Atrium-Confirm"
MOST: Final = 100
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def confirmed_rules(header: str) -> tuple[str, ...]:
    """The ids in the header's value; what is none is passed over."""
    return tuple(found.lower() for found in _ID.findall(header)[:MOST])
