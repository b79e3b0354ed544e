"""Each vendor's dialect as scripted answers; every module but whole.py adds to DIALECTS by a tuple."""

import pkgutil
from importlib import import_module

from tests.wire.dialects import dialect

DIALECTS: tuple[dialect.Dialect, ...] = tuple(
    spoken
    for module in pkgutil.iter_modules(__path__)
    if module.name not in {"dialect", "whole"}
    for spoken in import_module(f"{__name__}.{module.name}").DIALECTS
)
