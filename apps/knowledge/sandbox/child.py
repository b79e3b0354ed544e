"""The subprocess: limits itself, imports what the document needs, closes itself, reads, answers on its pipe.

Started as a file (`python -I child.py INPUT OUTPUT ENTRY ARGUMENTS`). INPUT and OUTPUT are inherited
descriptors; ENTRY names a function `module:name` of (data, arguments) that runs before the closing and
returns the call that runs after it, whose result is JSON as bytes.
"""

import json
import os
import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[3])


def main(arguments: list[str]) -> None:
    """Answer `+JSON` or `-{"kind", "message"}`; a death without an answer is the runner's to explain."""
    source, sink = int(arguments[0]), int(arguments[1])
    sys.path.insert(0, _ROOT)
    from apps.knowledge.parsing.errors import ParseError
    from apps.knowledge.sandbox import confinement, reporting

    reporting.open_to(sink)
    try:
        answer = b"+" + _work(source, arguments[2], json.loads(arguments[3]))
    except ParseError as error:
        answer = _failure(error.kind, error.message)
    except MemoryError:
        answer = _failure("memory", "")
    except RecursionError:
        answer = _failure("bomb", "")
    except confinement.ConfinementError as error:
        answer = _failure("unavailable", str(error))
    except Exception as error:  # noqa: BLE001 (the runner turns every failure of a parser into one answer)
        answer = _failure("crashed", f"{type(error).__name__}: {error}")
    view = memoryview(answer)
    while view:
        view = view[os.write(sink, view) :]
    os._exit(0)


def _work(source: int, entry: str, arguments: dict[str, object]) -> bytes:
    import importlib

    from apps.knowledge.parsing.limits import Limits
    from apps.knowledge.sandbox import confinement

    limits = Limits(**arguments.pop("limits"))  # type: ignore[arg-type]
    confinement.limit(limits)
    with os.fdopen(source, "rb") as file:
        data = file.read(limits.input + 1)
    module, _, name = entry.partition(":")
    run = getattr(importlib.import_module(module), name)(data, limits, **arguments)
    confinement.close()
    result: bytes = run()
    return result


def _failure(kind: str, message: str) -> bytes:
    return b"-" + json.dumps({"kind": kind, "message": message[:1000]}).encode()


if __name__ == "__main__":
    main(sys.argv[1:])
