"""The client library's stories (crates/platforms/examples) against the real binary: each platform that it serves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The variables of first-run.env that an example reads: the address first, and the secret last.
VARIABLES = {
    "misp": ("MISP_URL", "MISP_KEY"),
    "opencti": ("OPENCTI_URL", "OPENCTI_TOKEN"),
    "tenable": ("TIE_URL", "TIE_API_KEY"),
    "falcon": ("FALCON_BASE_URL", "FALCON_CLIENT_ID", "FALCON_CLIENT_SECRET"),
    "civis": ("CIVIS_API_ENDPOINT", "CIVIS_API_KEY"),
}
# Where no call deletes an account: the last line says what is left of it.
KEPT = {"civis": "deactivated, and all keys revoked: no call deletes it"}


def example(name: str) -> Path:
    """An example program: built by `cargo xtask clients`."""
    folder = Path(os.environ.get("USHER_BINARY", ROOT / "target/debug/usher")).parent / "examples"
    path = folder / name
    if not path.is_file():
        pytest.exit(f"{path} is missing: run `cargo xtask clients`", returncode=1)
    return path


def tell(platform: str, environment: dict) -> subprocess.CompletedProcess:
    return subprocess.run([example(platform)], env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("platform", VARIABLES)
def test_a_whole_life(usher, native, platform):
    environment = {**os.environ, **{name: usher.env[name] for name in VARIABLES[platform]}}
    before = {user["email"] for user in native.all("/users")}
    run = tell(platform, environment)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1] == KEPT.get(platform, "deleted")
    left = [user for user in native.all("/users") if user["email"] not in before]
    if platform not in KEPT:
        assert not left
    for user in left:
        assert user["email"].startswith("usher-live-") and user["status"] != "active", user
        assert all(key["revoked_at"] for key in native.all(f"/users/{user['id']}/keys"))
    assert environment[VARIABLES[platform][-1]] not in run.stdout + run.stderr


@pytest.mark.parametrize("platform", VARIABLES)
def test_a_wrong_credential_is_said_to_be_one(usher, platform):
    environment = {**os.environ, **{name: usher.env[name] for name in VARIABLES[platform]}}
    run = tell(platform, {**environment, VARIABLES[platform][-1]: "a" * 40})
    assert run.returncode == 1
    assert "Unauthenticated" in run.stderr
