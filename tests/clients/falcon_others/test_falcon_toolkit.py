"""falcon-toolkit: its commands for users, from its own command line, with answers typed in beforehand."""

from __future__ import annotations

import json

import keyring
import keyring.backend
import pytest
from click.testing import CliRunner
from falcon_toolkit.common.constants import CONFIG_FILENAME
from falcon_toolkit.falcon import cli
from falcon_toolkit.users import cli as commands
from falcon_toolkit.users import user_management


class Keyring(keyring.backend.KeyringBackend):
    """The system's store of secrets, which a test has none of."""

    priority = 1
    kept: dict = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


@pytest.fixture(scope="module")
def toolkit(usher, tmp_path_factory):
    """Runs one of its commands, and gives what it prints."""
    from falcon_toolkit.common.constants import KEYRING_SERVICE_NAME

    env = usher.env
    keyring.set_keyring(Keyring())
    keyring.set_password(KEYRING_SERVICE_NAME, env["FALCON_CLIENT_ID"], env["FALCON_CLIENT_SECRET"])
    folder = tmp_path_factory.mktemp("toolkit")
    # It offers the vendor's clouds alone when asking, and takes an address from its file.
    login = {"client_id": env["FALCON_CLIENT_ID"], "cloud_name": env["FALCON_BASE_URL"]}
    auth = {"backend_name": "PublicCloudSingleCID", "backend_config": login}
    profile = {"name": "usher", "description": "", "auth": auth}
    (folder / CONFIG_FILENAME).write_text(json.dumps({"auth_backends": [], "instances": [profile]}))

    def run(*arguments) -> str:
        done = CliRunner().invoke(cli, ["-c", str(folder), "-p", "usher", *arguments])
        assert done.exception is None and done.exit_code == 0, done.output
        return done.output

    return run


@pytest.fixture
def typed(monkeypatch):
    """What the person at the keyboard answers, in order."""

    def answer(*lines):
        left = list(lines)
        for module in (commands, user_management):
            monkeypatch.setattr(module, "prompt", lambda *_, **__: left.pop(0))
        monkeypatch.setattr(user_management, "delete_user_guardrails", lambda _: True)
        return left

    return answer


def test_a_person_is_added_given_roles_shown_and_deleted(toolkit, typed, native):
    uid = "tora@falcon.example.org"
    typed(uid, "Tora", "Toolkit")
    shown = toolkit("users", "add_user")
    assert "New User" in shown and uid in shown and "Tora Toolkit" in shown
    typed(uid, "event_viewer", "yes", "help_desk", "no", "yes")
    assert "Successfully added roles" in toolkit("users", "add_roles")
    described = toolkit("users", "describe_users")
    assert uid in described and "Event Viewer" in described and "Help Desk Analyst" in described
    typed()
    toolkit("users", "delete_user", "-e", uid)
    assert uid not in toolkit("users", "describe_users")
    assert "Invalid Email Address" in toolkit("users", "delete_user", "-e", uid)
    assert not [user for user in native.all("/users") if user["email"] == uid]


def test_roles_are_listed(toolkit):
    listed = toolkit("users", "list_roles")
    assert "ID: falconhost_admin" in listed and "Display Name: Event Viewer" in listed


def test_people_come_from_a_file(toolkit, tmp_path, native):
    people = tmp_path / "people.csv"
    people.write_text(
        "first_name,last_name,email_address,roles\n"
        'Una,One,una@falcon.example.org,"event_viewer,help_desk"\n'
        "Dua,Two,dua@falcon.example.org,\n"
    )
    shown = toolkit("users", "import_users", str(people))
    assert "una@falcon.example.org" in shown and "Event Viewer" in shown
    # Twice is no error: it looks up who is there already.
    toolkit("users", "import_users", str(people))
    emails = [user["email"] for user in native.all("/users")]
    assert emails.count("una@falcon.example.org") == emails.count("dua@falcon.example.org") == 1
