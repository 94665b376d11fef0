"""The examples' stories against the real binary: every platform that it serves."""

from __future__ import annotations

import os
import subprocess

import pytest

from library import example
from test_requests import rows

VARIABLES = {
    "misp": ("MISP_URL", "MISP_KEY"),
    "opencti": ("OPENCTI_URL", "OPENCTI_TOKEN"),
    "tenable": ("TIE_URL", "TIE_API_KEY"),
}


@pytest.fixture(scope="module")
def environment(usher):
    wanted = VARIABLES[rows.PLATFORM]
    return {**os.environ, **{name: usher.env[name] for name in wanted}}


def test_a_whole_life(usher, native, environment):
    before = {user["email"] for user in native.all("/users")}
    run = subprocess.run([example(rows.PLATFORM)], env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1] == "deleted"
    assert {user["email"] for user in native.all("/users")} == before
    secret = environment[VARIABLES[rows.PLATFORM][1]]
    assert secret not in run.stdout + run.stderr


def test_a_wrong_credential_is_said_to_be_one(environment):
    wrong = {**environment, VARIABLES[rows.PLATFORM][1]: "a" * 40}
    run = subprocess.run([example(rows.PLATFORM)], env=wrong, capture_output=True, text=True, timeout=120)
    assert run.returncode == 1
    assert "Unauthenticated" in run.stderr
