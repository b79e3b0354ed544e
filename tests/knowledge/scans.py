"""Scans made on the fly: text drawn in the script's own font, askew, blurred, noisy, as JPEG."""

# ruff: noqa: RUF001 (other scripts)

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont, features

FROM_RIGHT: Final = frozenset({"ar", "he", "fa"})
PAPER, INK = (250, 248, 244), (30, 30, 35)

TEXTS: Final = {
    "ar": "تسري سياسة السفر على جميع موظفي الشركة.\nتُرد تكاليف الفندق حتى 140 يورو لليلة الواحدة.",
    "el": "Η πολιτική ταξιδιών ισχύει για όλους τους εργαζομένους.\nΤα έξοδα επιστρέφονται έως 140 ευρώ.",
    "he": "מדיניות הנסיעות חלה על כל עובדי החברה.\nהוצאות מלון מוחזרות עד 140 אירו ללילה.",
    "hi": "यात्रा नीति कंपनी के सभी कर्मचारियों पर लागू होती है।\nहोटल का खर्च 250 यूरो तक लौटाया जाता है।",
    "ja": "出張規程は会社の全従業員に適用されます。\n宿泊費は一泊140ユーロまで払い戻されます。",
    "ko": "출장 규정은 회사의 모든 직원에게 적용됩니다.\n숙박비는 1박에 140유로까지 환급됩니다.",
    "ru": "Правила поездок действуют для всех сотрудников.\nРасходы возмещаются до 140 евро за ночь.",
    "uk": "Правила поширюються на всіх працівників компанії.\nВитрати на готель до 140 євро за ніч.",
    "vi": "Chính sách áp dụng cho toàn bộ nhân viên.\nChi phí khách sạn được hoàn lại tối đa 140 euro.",
    "en": "The travel policy applies to every employee.\nHotel costs of up to 140 euros are refunded.",
}

_SYSTEM = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
_PACKAGED = {
    "hi": ("fontpkg_noto_sans_devanagari", "files/*.ttf"),
    "ja": ("cvttf_NotoSansCJK_Regular", "*.otf"),
    "ko": ("cvttf_NotoSansCJK_Regular", "*.otf"),
}


def scan(language: str, text: str = "", *, turned: float = 0.7, size: int = 28, kind: str = "JPEG") -> bytes:
    """A page with the text, by default the language's own of TEXTS; skips where its font is absent."""
    file = io.BytesIO()
    page(language, text, turned=turned, size=size).save(file, kind, quality=60)
    return file.getvalue()


def page(language: str, text: str = "", *, turned: float = 0.7, size: int = 28) -> Image.Image:
    """`scan`, as an image."""
    font = ImageFont.truetype(font_of(language), size)
    if language == "hi":
        font.set_variation_by_name("Regular")
    image = Image.new("RGB", (960, 640), PAPER)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate((text or TEXTS[language]).split("\n")):
        top = 100 + 2 * size * number
        if language in FROM_RIGHT:
            draw.text((900, top), line, INK, font, anchor="ra", direction="rtl")
        else:
            draw.text((60, top), line, INK, font)
    turned_image = image.rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)
    pixels = np.asarray(turned_image.filter(ImageFilter.GaussianBlur(0.6))).astype(np.int16)
    noise = np.random.default_rng(1).normal(0, 10, pixels.shape[:2])[..., None]
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def likeness(wanted: str, found: str) -> float:
    """Share of the wanted letters that need no change, 0 to 1; blanks do not count."""
    first, second = "".join(wanted.split()), "".join(found.split())
    row = list(range(len(second) + 1))
    for at, letter in enumerate(first, 1):
        above, row = row, [at]
        for column, other in enumerate(second, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (letter != other)))
    return max(0.0, 1 - row[-1] / len(first))


def font_of(language: str) -> str:
    """The path of a font that has the language's letters; skips where it is absent."""
    package, pattern = _PACKAGED.get(language, ("", ""))
    if package:
        found = find_spec(package)
        if found is None or found.origin is None:
            pytest.skip(f"The package {package}, a font for {language}, is not installed.")
        return str(next(Path(found.origin).parent.glob(pattern)))
    if not Path(_SYSTEM).exists():
        pytest.skip(f"{_SYSTEM}, a font for {language}, is not installed.")
    if not features.check("raqm"):
        pytest.skip("Pillow shapes no scripts here: libfribidi is not installed.")
    return _SYSTEM
