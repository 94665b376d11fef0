"""mispfleet, a client for several MISP servers, against a fresh server: `drive.py` calls it, a line for each call.

It wants Python 3.14, which `USHER_FOREIGN_PYTHON_3_14` names unless it stands on the path.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import suite  # noqa: E402

PACKAGE = "mispfleet==0.1.0"


def main() -> int:
    python = os.environ.get("USHER_FOREIGN_PYTHON_3_14") or shutil.which("python3.14")
    if python is None:
        print("there is no Python 3.14 here; name one in USHER_FOREIGN_PYTHON_3_14")
        return 1
    expected = suite.expected_failures(HERE)
    packages = Path("packages").resolve()
    if not packages.is_dir():
        install = [python, "-m", "pip", "install", "--quiet", "--target", str(packages)]
        subprocess.run([*install, PACKAGE, "--requirement", str(HERE / "packages.txt")], check=True)
    return suite.drive([python, str(HERE / "drive.py")], expected, PYTHONPATH=str(packages))


if __name__ == "__main__":
    sys.exit(main())
