"""What the tests of the client library share."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def example(name: str) -> Path:
    """An example program of the client library: built by `cargo xtask clients`."""
    folder = Path(os.environ.get("USHER_BINARY", ROOT / "target/debug/usher")).parent / "examples"
    path = folder / name
    if not path.is_file():
        pytest.exit(f"{path} is missing: run `cargo xtask clients`", returncode=1)
    return path


class Drive:
    """The Rust library, driven line by line."""

    def __init__(self, platform: str):
        self.platform = platform
        self.process = subprocess.Popen(
            [example("drive")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, url: str, credential: str, method: str, **args) -> dict:
        call = {
            "platform": self.platform,
            "url": url,
            "credential": credential,
            "method": method,
            "args": args,
        }
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "unknown" not in answer, answer
        return answer

    def close(self) -> None:
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0
        self.process.stdout.close()
