"""misp-client-rs, a client for MISP in Rust, against a fresh server: `program` calls it, a line for each call."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import suite  # noqa: E402


def main() -> int:
    expected = suite.expected_failures(HERE)
    # It is built beside the workspace, which neither holds it nor what it needs.
    shutil.copytree(HERE / "program", "program", dirs_exist_ok=True)
    shutil.move("program/manifest.toml", "program/Cargo.toml")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARGO")}
    environment["PATH"] = os.environ["PATH"]
    build = ["cargo", "build", "--quiet", "--manifest-path", "program/Cargo.toml", "--target-dir", "built"]
    subprocess.run(build, check=True, env=environment)
    server = suite.usher(demo=False)
    try:
        call = ["built/debug/misp-client-rs-driven"]
        done = subprocess.run(call, env={**os.environ, **server.env}, check=True, capture_output=True, text=True)
    finally:
        server.stop()
    return suite.verdict(suite.outcomes_of(done.stdout), expected)


if __name__ == "__main__":
    sys.exit(main())
