"""`bin/bench NAME`: runs the benchmark bench/NAME.py; `--help` tells its flags."""

import os
import sys

from launch.environment import clean_environment
from launch.parts import ROOT

PROGRAM = 'if __name__ == "__main__":'


def main() -> None:
    """Become the benchmark. Without a name, or with an unknown one, lists them and ends with status 2."""
    name, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    names = sorted(path.stem for path in (ROOT / "bench").glob("*.py") if PROGRAM in path.read_text())
    if name not in names:
        sys.stderr.write(f"usage: bin/bench {'|'.join(names)} [ARGUMENT …]\n")
        sys.exit(2)
    environment = clean_environment({"PYTHONPATH": str(ROOT)})
    os.execve(sys.executable, [sys.executable, "-m", f"bench.{name}", *arguments], environment)  # noqa: S606


if __name__ == "__main__":
    main()
