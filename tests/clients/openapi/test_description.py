"""Requests of all kinds, made from the description alone: wrong types, missing and unknown fields, limits and
what lies beyond them, broken paths. Whatever comes, the answer is one that the description names, in the
shape it gives, and never a fault of the server's own; no valid request is refused for its shape, and no invalid one taken.

Requests are drawn from a fixed seed: the same ones in every run.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

# All checks but one: it counts every refusal of a request that fits the description as a failure, also one for what the
# directory holds. `hooks.py` has a check in its place.
NOT_ASKED = "positive_data_acceptance"
CONFIGURATION = """
[checks]
# A head that is too large is refused before it is known what is wrong with it.
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 414, 415, 422, 429, 431]
"""
# Lists of one kind take the parameters of one table, so the limits of each parameter are tried at one of them.
ALIKE = """
[[operations]]
include-name-regex = "^GET (.*}/(members|keys|sessions|grants|groups)|/me/(keys|sessions|grants|groups))$"
phases.coverage.enabled = false
"""
HERE = Path(__file__).parent
# Beside the limits of every field, which are all tried whatever this says. With a number of one's own, also at lists that are
# alike: `USHER_OPENAPI_EXAMPLES=100 cargo xtask clients openapi` takes a quarter of an hour and more on two cores.
WANTED = os.environ.get("USHER_OPENAPI_EXAMPLES")
EXAMPLES = int(WANTED or "2")
# Signing out would end the session of whoever asks; the other suites do it.
# The stream of events does not end, and the tool cannot write the lines of an import.
LEFT_OUT = "^/(sign-out|events/stream|imports)$"
# Who has no rights is refused before the members of a body are looked at.
PHASES = {"owner": "examples,coverage,fuzzing,stateful", "powerless": "examples,fuzzing,stateful"}


def ask(server, token: str, phases: str, folder: Path) -> subprocess.CompletedProcess:
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION + ("" if WANTED else ALIKE))
    return subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file",
            configuration,
            "run",
            f"{server.url}/api/v1/openapi.json",
            "--header",
            f"Authorization: Bearer {token}",
            "--checks",
            "all",
            "--exclude-checks",
            NOT_ASKED,
            "--phases",
            phases,
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            "20260101",
            "--generation-deterministic",
            # No text of this API holds NUL, which no schema needs to say of every text.
            "--generation-allow-x00",
            "false",
            "--exclude-path-regex",
            LEFT_OUT,
            "--no-color",
        ],
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        timeout=max(600, 60 * EXAMPLES),
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


def owner(server) -> str:
    return server.env["USHER_TOKEN"]


@pytest.mark.parametrize("caller", [owner, powerless], ids=lambda caller: caller.__name__)
def test_every_answer_is_as_described(make_usher, tmp_path, caller):
    server = make_usher()
    run = ask(server, caller(server), PHASES[caller.__name__], tmp_path)
    assert run.returncode == 0, run.stdout[-20000:] + run.stderr[-2000:]
    selected, known, tested = map(int, re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", run.stdout).groups())
    assert tested == selected == known - 3 > 90
    cases = int(re.search(r"(\d+) generated", run.stdout).group(1))
    print(f"{cases} cases by the {caller.__name__}")
    assert cases > 10 * known if caller is owner else cases > 2 * known
    assert server.bad_lines() == []
