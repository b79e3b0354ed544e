"""The place of a virus scanner between upload and storage.

None is part of the product: without one, files are kept as `unscanned`, are never executed, read only inside
the sandbox and delivered only as downloads. An operator's scanner registers a callable here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from apps.files.models import ScanState

Scanner = Callable[[Path], ScanState]

_scanner: Scanner | None = None


def register_scanner(scanner: Scanner | None) -> None:
    """Have every stored file looked at before it is read; None takes the scanner away."""
    global _scanner  # noqa: PLW0603 - one scanner per process, set when it starts
    _scanner = scanner


def scan(path: Path) -> ScanState:
    """What the scanner says of the bytes; `unscanned` where there is none. Raises what the scanner raises."""
    return ScanState.UNSCANNED if _scanner is None else _scanner(path)
