"""Requests of all kinds, made from the description alone: wrong types, missing and unknown fields, limits and
what lies beyond them, broken paths. Whatever comes, the answer is one that the description names, in the
shape it gives, and never a fault of the server's own.

Requests are drawn from a fixed seed: the same ones in every run.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
# USHER_OPENAPI_CHECKS=all asks for all checks that there are, but for one: it counts every refusal of a request that fits
# the description as a failure, also one for what the directory holds. `hooks.py` has a check in its place.
ALL = os.environ.get("USHER_OPENAPI_CHECKS") == "all"
NOT_ASKED = "positive_data_acceptance"
CONFIGURATION = """
[checks]
# A head that is too large is refused before it is known what is wrong with it.
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 414, 415, 422, 429, 431]
"""
HERE = Path(__file__).parent
# Beside the limits of every field, which are all tried whatever this says. More of them take longer and find more.
EXAMPLES = int(os.environ.get("USHER_OPENAPI_EXAMPLES", "4"))
# Signing out would end the session of whoever asks; the other suites do it.
# The stream of events does not end, and the tool cannot write the lines of an import.
LEFT_OUT = "^/(sign-out|events/stream|imports)$"


def ask(server, token: str, folder: Path) -> subprocess.CompletedProcess:
    checks, environment, configured = ["--checks", ",".join(CHECKS)], {}, []
    if ALL:
        configuration = folder / "schemathesis.toml"
        configuration.write_text(CONFIGURATION)
        configured = ["--config-file", configuration]
        # No text of this API holds NUL, which no schema needs to say of every text.
        checks = ["--checks", "all", "--exclude-checks", NOT_ASKED, "--generation-allow-x00", "false"]
        environment = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    return subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *configured,
            "run",
            f"{server.url}/api/v1/openapi.json",
            "--header",
            f"Authorization: Bearer {token}",
            *checks,
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            "20260101",
            "--generation-deterministic",
            "--exclude-path-regex",
            LEFT_OUT,
            "--no-color",
        ],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=max(600, 30 * EXAMPLES),
    )


def powerless(server) -> str:
    """A key of somebody with no rights at all, made by the owner."""
    owner = {"Authorization": f"Bearer {server.env['USHER_TOKEN']}"}

    def made(path: str, body: dict) -> dict:
        answer = requests.post(f"{server.url}/api/v1{path}", json=body, headers=owner, timeout=30)
        answer.raise_for_status()
        return answer.json()

    nobody = made("/users", {"email": "nobody@example.org", "given_name": "No", "family_name": "Body"})
    return made(f"/users/{nobody['id']}/keys", {"name": "powerless"})["secret"]


@pytest.mark.parametrize("token", [lambda server: server.env["USHER_TOKEN"], powerless], ids=["owner", "powerless"])
def test_every_answer_is_as_described(make_usher, tmp_path, token):
    server = make_usher()
    run = ask(server, token(server), tmp_path)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    selected, known, tested = map(int, re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", run.stdout).groups())
    assert tested == selected == known - 3 > 90
    assert server.bad_lines() == []
