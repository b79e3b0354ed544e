"""How much one document may cost."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one parse: seconds, bytes and counts."""

    wall: float = 120.0
    cpu: int = 90
    memory: int = 1024 * MIB
    input: int = 100 * MIB
    output: int = 64 * MIB
    pages: int = 5000
    unpacked: int = 256 * MIB
    entries: int = 10_000
    ratio: int = 250
    depth: int = 1000
    nesting: int = 6


DEFAULT_LIMITS = Limits()
RECOGNITION_LIMITS = Limits(wall=1200.0, cpu=1150, memory=2048 * MIB, pages=1000)
