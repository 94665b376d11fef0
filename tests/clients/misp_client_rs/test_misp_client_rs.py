"""misp-client-rs, a Rust client generated from MISP's published description: `program` calls it, looked at call by call.
It is built beside the workspace, which neither holds it nor what it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CALLS = """get_server_version add_organisation add_organisation_made_it get_organisations get_organisation_by_id
edit_organisation edit_organisation_changed_it add_user add_user_made_it get_users get_user_by_id edit_user
edit_user_changed_it add_auth_key add_auth_key_reads_its_answer get_auth_keys get_auth_key_by_id search_auth_keys
search_auth_keys_finds_one edit_auth_key delete_auth_key delete_auth_key_took_it set_user_setting get_user_settings
get_user_setting_by_name search_user_settings get_logs delete_user delete_user_took_it a_missing_user_is_an_error
delete_organisation""".split()
# What the client cannot do with MISP itself either.
BEYOND_IT = {
    "get_users": "it reads `change_pw` as the texts 0 and 1; MISP 2.5 answers true and false",
    "get_user_by_id": "it reads `change_pw` as the texts 0 and 1; MISP 2.5 answers true and false",
}


@pytest.fixture(scope="module")
def program() -> Path:
    """The program beside the client, which is built again when its sources change."""
    folder = Path(sys.prefix) / "program"
    shutil.copytree(HERE / "program", folder, dirs_exist_ok=True)
    shutil.move(folder / "manifest.toml", folder / "Cargo.toml")
    shutil.move(folder / "lock.toml", folder / "Cargo.lock")
    # What a run of cargo tells its programs of their own package is not meant for this one.
    own = [name for name in os.environ if name.startswith("CARGO") and name != "CARGO_HOME"]
    environment = {name: value for name, value in os.environ.items() if name not in own}
    build = ["cargo", "build", "--quiet", "--locked", "--target-dir", "built"]
    done = subprocess.run(build, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "built" / "debug" / "misp-client-rs-driven"


@pytest.fixture(scope="module")
def outcomes(usher, program) -> dict[str, str]:
    """What became of each call: nothing, or why it failed."""
    done = subprocess.run([program], env={**os.environ, **usher.env}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    parts = [line.split(" ", 2) for line in done.stdout.splitlines()]
    return {part[1]: "" if part[0] == "ok" else part[-1] for part in parts}


def test_nothing_else_was_tried(outcomes):
    assert list(outcomes) == CALLS


@pytest.mark.parametrize("call", CALLS)
def test_a_call(outcomes, call):
    assert (outcomes[call] == "") == (call not in BEYOND_IT), outcomes[call]
