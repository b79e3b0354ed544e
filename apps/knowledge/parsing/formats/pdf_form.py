"""What was filled into a PDF's form fields or written over its pages; the text layer does not hold it."""

import ctypes
from collections.abc import Callable

import pypdfium2
import pypdfium2.raw as pdfium

_MAX_ANNOTATIONS = 5000
_MAX_BYTES = 64 * 1024
_NOTES = {pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_TEXT}
_EMPTY = {"", "Off"}

Fetch = Callable[[object, int], int]


def filled_in(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> str:
    """A line `name: value` for each filled field of a page, and the notes on it; "" where there are none."""
    try:
        count = min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)
        if count and document.formenv is None:
            document.init_forms()
        lines = (_line(document, page, number) for number in range(count))
        return "\n".join(dict.fromkeys(line for line in lines if line))
    except pypdfium2.PdfiumError:
        return ""


def _line(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, number: int) -> str:
    annotation = pdfium.FPDFPage_GetAnnot(page, number)
    if not annotation:
        return ""
    try:
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind in _NOTES:
            return _fetched(
                lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size)
            )
        if kind != pdfium.FPDF_ANNOT_WIDGET or document.formenv is None:
            return ""
        form = document.formenv
        value = _fetched(
            lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size)
        )
        name = _fetched(
            lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldAlternateName(form, annotation, buffer, size)
        ) or _fetched(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldName(form, annotation, buffer, size))
        return f"{name}: {value}" if value not in _EMPTY else ""
    finally:
        pdfium.FPDFPage_CloseAnnot(annotation)


def _fetched(fetch: Fetch) -> str:
    """A UTF-16 string by PDFium's manner of asking twice: for its size, then for itself."""
    size = min(fetch(None, 0), _MAX_BYTES)
    if size <= 2:  # noqa: PLR2004 (the ending NUL alone)
        return ""
    buffer = ctypes.create_string_buffer(size)
    fetch(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return " ".join(buffer.raw[: size - 2].decode("utf-16-le", "replace").split())
