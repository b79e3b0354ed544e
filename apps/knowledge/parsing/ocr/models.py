"""The recognition models (PP-OCRv6 small, from the package rapidocr): one finds lines, one reads them.

The one that finds lines finds them in every script; the other reads Latin letters, Chinese and Japanese.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from apps.knowledge.parsing.ocr.languages import Language

    Picture = NDArray[np.uint8]
    Scores = NDArray[np.float32]

_FINDER, _READER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
_LINE_HEIGHT = 48
_BATCH_WIDTH = 6000
_MIN_WIDTH, _MAX_WIDTH = 16, 4000


class Models:
    """Both models, loaded; `find` and `read` open nothing any more. Raises OSError where they are missing."""

    doubt = 0.76
    least = 0.5
    counted = 1.0
    language: Language | None = None

    def __init__(self) -> None:
        package = find_spec("rapidocr")
        if package is None or not package.submodule_search_locations:
            raise FileNotFoundError(
                "The package rapidocr, which holds the recognition models, is not installed."
            )
        folder = Path(package.submodule_search_locations[0]) / "models"
        self._finder = _session(folder / _FINDER)
        self._reader = _session(folder / _READER)
        names = self._reader.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._letters = ["", *names, " "]

    def find(self, picture: Picture) -> Scores:
        """How likely each pixel belongs to the core of a line; sides must be multiples of 32."""
        scores: Scores = _run(self._finder, _tensor(picture)[None])[0, 0]
        return scores

    def read(self, lines: list[Picture]) -> list[tuple[str, float]]:
        """Text and mean confidence (0 to 1) of pictures of single lines."""
        import numpy as np

        scaled = [_scaled(line) for line in lines]
        order = sorted(range(len(lines)), key=lambda index: scaled[index].shape[1])
        found: list[tuple[str, float]] = [("", 0.0)] * len(lines)
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and scaled[order[end]].shape[1] * (end - start + 1) <= _BATCH_WIDTH:
                end += 1
            members = order[start:end]
            width = scaled[members[-1]].shape[1]
            batch = np.zeros((len(members), 3, _LINE_HEIGHT, width), dtype=np.float32)
            for place, index in enumerate(members):
                batch[place, :, :, : scaled[index].shape[1]] = _tensor(scaled[index])
            for index, scores in zip(members, _run(self._reader, batch), strict=True):
                found[index] = self._spelled(scores)
            start = end
        return found

    def _spelled(self, scores: Scores) -> tuple[str, float]:
        """Greedy CTC: the likeliest letter of each step, repeats and blanks (0) dropped."""
        best = scores.argmax(axis=1)
        sure = scores.max(axis=1)
        kept = [at for at in range(len(best)) if best[at] and (at == 0 or best[at] != best[at - 1])]
        text = "".join(self._letters[best[at]] for at in kept)
        return text, float(sure[kept].mean()) if kept else 0.0


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _run(session: Any, tensor: Scores) -> Any:
    """The first output; raises MemoryError where the runtime gets no memory, which it tells by words only."""
    try:
        return session.run(None, {session.get_inputs()[0].name: tensor})[0]
    except Exception as error:
        if "bad_alloc" in str(error) or "allocat" in str(error):
            raise MemoryError from error
        raise


def _tensor(picture: Picture) -> Scores:
    """Blue, green, red planes from -1 to 1, as the models were trained."""
    import numpy as np

    return (picture[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / 127.5) - 1.0


def _scaled(line: Picture) -> Picture:
    import numpy as np
    from PIL import Image

    height, width = line.shape[:2]
    wanted = min(_MAX_WIDTH, max(_MIN_WIDTH, round(width * _LINE_HEIGHT / height)))
    return np.asarray(Image.fromarray(line).resize((wanted, _LINE_HEIGHT), Image.Resampling.BICUBIC))
