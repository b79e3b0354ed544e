"""Lines of text read by Tesseract, with packs of weights that are opened before the sandbox closes.

The package tesserocr brings the library. Its Python side opens packs by their path only, which the sandbox
forbids by the time that a page's script is known; the library's C interface takes them from memory.
"""

from __future__ import annotations

import ctypes
import gzip
import os
import sys
from contextlib import suppress
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apps.knowledge.parsing.ocr.languages import Language
    from apps.knowledge.parsing.ocr.models import Picture

FOLDER: Final = Path(sys.prefix) / "share" / "atrium" / "recognition"
"""Where bin/up puts the packs (launch.bootstrap)."""

_NEURAL_ONLY = 1
_RAW_LINE = 13
_MOST_BYTES = 16 * 1024 * 1024
_DOTS_PER_INCH = 200
_DIRECTIONS = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


class Pack:
    """One language's weights, loaded at the first line."""

    doubt = 0.5
    least = 0.4
    counted = 0.65

    def __init__(self, library: ctypes.CDLL, language: Language, descriptor: int) -> None:
        self.language = language
        self._library = library
        self._descriptor = descriptor

    def read(self, lines: list[Picture]) -> list[tuple[str, float]]:
        """Text in logical order and mean confidence (0 to 1) of pictures of single lines."""
        return [self._line(line) for line in lines]

    def _line(self, line: Picture) -> tuple[str, float]:
        library, handle = self._library, self._handle
        grey = Image.fromarray(line).convert("L")
        library.TessBaseAPISetImage(handle, grey.tobytes(), grey.width, grey.height, 1, grey.width)
        library.TessBaseAPISetSourceResolution(handle, _DOTS_PER_INCH)
        pointer = library.TessBaseAPIGetUTF8Text(handle)
        if not pointer:
            return "", 0.0
        text = ctypes.string_at(pointer).decode("utf-8", "replace")
        library.TessDeleteText(pointer)
        words = " ".join(text.translate(_DIRECTIONS).split())
        return words, library.TessBaseAPIMeanTextConf(handle) / 100 if words else 0.0

    @cached_property
    def _handle(self) -> ctypes.c_void_p:
        weights = gzip.decompress(os.pread(self._descriptor, _MOST_BYTES, 0))
        handle = ctypes.c_void_p(self._library.TessBaseAPICreate())
        name = self.language.pack.encode()
        failed = self._library.TessBaseAPIInit5(
            handle, weights, len(weights), name, _NEURAL_ONLY, None, 0, None, None, 0, 0
        )
        if failed:
            raise MemoryError
        self._library.TessBaseAPISetPageSegMode(handle, _RAW_LINE)
        return handle


def opened(languages: Iterable[Language]) -> dict[str, Pack]:
    """The packs of these languages that this installation has, by code; none without the library."""
    library = _library()
    found: dict[str, Pack] = {}
    if library is None:
        return found
    for language in languages:
        if not language.pack:
            continue
        with suppress(OSError):
            descriptor = os.open(FOLDER / f"{language.pack}.traineddata.gz", os.O_RDONLY | os.O_CLOEXEC)
            found[language.code] = Pack(library, language, descriptor)
    return found


def _library() -> ctypes.CDLL | None:
    package = find_spec("tesserocr")
    if package is None or package.origin is None:
        return None
    parts = Path(package.origin).parent.with_name("tesserocr.libs")
    try:
        library = ctypes.CDLL(str(next(parts.glob("libtesseract*"))))
    except (OSError, StopIteration):
        return None
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    sizes = (handle, number, handle, handle, ctypes.c_size_t, number)
    signatures = {
        "TessBaseAPICreate": (handle, ()),
        "TessBaseAPIInit5": (number, (handle, text, number, text, number, *sizes)),
        "TessBaseAPISetPageSegMode": (None, (handle, number)),
        "TessBaseAPISetImage": (None, (handle, text, number, number, number, number)),
        "TessBaseAPISetSourceResolution": (None, (handle, number)),
        "TessBaseAPIGetUTF8Text": (handle, (handle,)),
        "TessBaseAPIMeanTextConf": (number, (handle,)),
        "TessDeleteText": (None, (handle,)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
