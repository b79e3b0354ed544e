"""Fonts of a statement's PDF: for each text the first that has all of its letters."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # has no stubs

if TYPE_CHECKING:
    from fpdf import FPDF

logging.getLogger("fontTools").setLevel(logging.WARNING)
LACKING: Final = "?"


@dataclass(frozen=True, slots=True)
class Face:
    """A font as a package brings it, regular and bold; `is_shaped`: its letters join or turn."""

    name: str
    package: str
    regular: str
    bold: str = ""
    is_shaped: bool = False

    def file(self, pattern: str) -> Path:
        """Its file in the package."""
        folder = Path(str(import_module(self.package).__file__)).parent
        return next(folder.glob(pattern))


ROBOTO: Final = Face("Roboto", "font_roboto", "files/Roboto-Regular.ttf", "files/Roboto-Bold.ttf")
FACES: Final = (
    ROBOTO,
    Face("Heebo", "fontpkg_heebo", "files/*.ttf", is_shaped=True),
    Face("Arabic", "fontpkg_noto_sans_arabic", "files/*.ttf", is_shaped=True),
    Face("Devanagari", "fontpkg_noto_sans_devanagari", "files/*.ttf", is_shaped=True),
    Face("Thai", "fontpkg_noto_sans_thai", "files/*.ttf", is_shaped=True),
    Face("CJK", "cvttf_NotoSansCJK_Regular", "*.otf"),
)
"""Latin, Greek and Cyrillic first; every other one has Latin too."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A text on one line and its font; LACKING stands for the letters that the font lacks."""

    text: str
    face: Face
    is_whole: bool


def printed(text: str) -> Printed:
    """The text in the first font with all of its letters, or in the one with most."""
    line = " ".join(text.split())
    for face in FACES:
        if not _lacking(line, face):
            return Printed(line, face, is_whole=True)
    best = min(FACES, key=lambda face: _lacking(line, face))
    return Printed(_marked(line, _letters(best)), best, is_whole=False)


def add(page: FPDF, face: Face) -> None:
    """Let the page use the font, once: the largest takes a second."""
    if face.name.lower() in page.fonts:
        return
    page.add_font(face.name, fname=face.file(face.regular))
    if face.bold:
        page.add_font(face.name, style="B", fname=face.file(face.bold))


def _lacking(text: str, face: Face) -> int:
    return sum(ord(letter) not in _letters(face) for letter in text)


@cache
def _letters(face: Face) -> frozenset[int]:
    with TTFont(face.file(face.regular), lazy=True) as font:
        return frozenset(font.getBestCmap())


def _marked(text: str, letters: frozenset[int]) -> str:
    """A mark in the place of each run of letters that the font lacks."""
    known = "".join(letter if ord(letter) in letters else "\0" for letter in text)
    return re.sub("\0[\0 ]*(?=\0)", "", known).replace("\0", LACKING)
