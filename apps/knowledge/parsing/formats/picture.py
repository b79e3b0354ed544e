"""Pictures of text: PNG, JPEG, TIFF (also of several pages), WebP, GIF, BMP."""

import io
import warnings
from typing import TYPE_CHECKING

from apps.knowledge.parsing import recognition
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.parsed import Parsed, Section

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP")
_MAX_PIXELS = 150_000_000
_LONG_SIDE = 3500
_MIN_SIDE = 8


def preload() -> None:
    """Register every decoder now: inside the closed sandbox no file can be opened any more."""
    from PIL import Image, ImageOps  # noqa: F401

    Image.init()


def parse(data: bytes, limits: Limits) -> Parsed:
    """A section for each picture of the file, numbered as pages where there are several.

    Raises ParseError: no_text, corrupt, bomb (pixels), too_large (pages); RecognitionNeededError.
    """
    recognition.require()
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
            count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
            if count > limits.pages:
                raise ParseError(ParseErrorKind.TOO_LARGE)
            sections = [_section(image, number, count) for number in range(1, count + 1)]
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        bomb = isinstance(error, Image.DecompressionBombError)
        raise ParseError(ParseErrorKind.BOMB if bomb else ParseErrorKind.CORRUPT) from error
    if not any(section.text.strip() for section in sections):
        raise recognition.nothing_read()
    return Parsed("", None, tuple(sections), pages=count if count > 1 else 0)


def _section(image: "Image", number: int, count: int) -> Section:
    image.seek(number - 1)
    text = _text(image)
    recognition.report(number, count)
    return Section(text, page=number if count > 1 else None)


def _text(image: "Image") -> str:
    import numpy as np
    from PIL import Image, ImageOps

    if image.width * image.height > _MAX_PIXELS:
        raise ParseError(ParseErrorKind.BOMB)
    if min(image.size) < _MIN_SIDE:
        return ""
    if image.format == "JPEG":
        image.draft("RGB", (_LONG_SIDE, _LONG_SIDE))
    shown = ImageOps.exif_transpose(image)
    shown.thumbnail((_LONG_SIDE, _LONG_SIDE))
    if "A" in shown.getbands() or "transparency" in shown.info:
        layer = shown.convert("RGBA")
        shown = Image.new("RGB", layer.size, (255, 255, 255))
        shown.paste(layer, mask=layer.getchannel("A"))
    return recognition.recognised(np.asarray(shown.convert("RGB")))
