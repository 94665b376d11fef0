"""gocti, a client for OpenCTI in Go, against a fresh server: `program` calls it, a line for each call.

It needs Go 1.25 or newer. Go fetches the module; `USHER_FOREIGN_GO_MOD` names a file `go.mod` of one's own that says
where it lies instead.
"""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import suite  # noqa: E402


def main() -> int:
    expected = suite.expected_failures(HERE)
    module = Path("program").resolve()
    shutil.copytree(HERE / "program", module, dirs_exist_ok=True)
    if own := os.environ.get("USHER_FOREIGN_GO_MOD"):
        os.environ["GOFLAGS"] = f"-mod=mod -modfile={own}"
    return suite.drive([str(suite.built_by_go(module, "."))], expected)


if __name__ == "__main__":
    sys.exit(main())
