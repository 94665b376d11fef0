"""Ansible's module `uri`, by which playbooks administer MISP."""

import json
import os
import subprocess
import sys
from pathlib import Path

MARK = f"n{os.getpid()}"


def play(usher, **arguments) -> dict:
    """Runs the module once on this machine; what it answers."""
    arguments = {
        "headers": {"Authorization": usher.env["MISP_KEY"], "Accept": "application/json"},
        "body_format": "json",
        "return_content": True,
        **arguments,
    }
    arguments["url"] = usher.env["MISP_URL"] + arguments["url"]
    ansible = Path(sys.executable).with_name("ansible")
    command = [ansible, "localhost", "-m", "ansible.builtin.uri", "-a", json.dumps(arguments)]
    env = {**os.environ, "LC_ALL": "C.UTF-8", "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    # localhost | SUCCESS => {…}
    _, arrow, answer = done.stdout.partition(" => ")
    assert arrow, done.stdout + done.stderr
    return json.loads(answer)


def test_a_playbooks_round(usher):
    body = {"email": f"{MARK}@example.org", "role_id": "3"}
    made = play(usher, url="admin/users/add", method="POST", body=body, status_code=[200])
    user = made["json"]["User"]
    again = play(usher, url="admin/users/add", method="POST", body=body, status_code=[403])
    assert again["json"]["errors"]["email"] == ["An account with this email address already exists."]
    changed = play(usher, url=f"admin/users/edit/{user['id']}", method="POST", body={"disabled": True})
    assert changed["json"]["User"]["disabled"] is True
    found = play(usher, url=f"admin/users/index/searchemail:{MARK}")
    assert [row["User"]["id"] for row in found["json"]] == [user["id"]]
    gone = play(usher, url=f"admin/users/delete/{user['id']}", method="DELETE")
    assert gone["json"]["message"] == "User deleted."
