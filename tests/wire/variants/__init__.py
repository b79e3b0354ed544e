"""Exchanges with known vendors that no recording here holds, made from their references."""

from tests.wire.variants.hosts import HOSTS
from tests.wire.variants.makers import MAKERS

VARIANTS = (*MAKERS, *HOSTS)
