"""Exchanges with known vendors that no recording here holds, made from their references."""

from tests.wire.variants.hosts import HOSTS
from tests.wire.variants.makers import MAKERS
from tests.wire.variants.newer import NEWER

VARIANTS = (*MAKERS, *HOSTS, *NEWER)
