"""The client builds itself from the served specification: the seed's methods, as the seed has them."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import civis
import pytest
import requests
from civis_people import RELEASE, connect, environment

SEED = json.loads((Path(__file__).parent / "seed_signatures.json").read_text())


def methods_of(resource) -> dict:
    """The public methods that the client made from the specification."""
    return {
        name: method
        for name, method in inspect.getmembers(type(resource), inspect.isfunction)
        if not name.startswith("_")
    }


def signature_of(method) -> str:
    """A signature as the seed document writes it."""
    shown = []
    seen_keyword = False
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not seen_keyword:
            shown.append("*")
            seen_keyword = True
        annotation = parameter.annotation
        annotation = annotation if isinstance(annotation, str) else annotation.__name__
        default = "" if parameter.default is inspect.Parameter.empty else f" = {parameter.default}"
        shown.append(f"{parameter.name}: {annotation}{default}")
    return f"({', '.join(shown)})"


def test_the_users_methods_are_the_seeds(client):
    methods = methods_of(client.users)
    # Newer releases name `users/me` a second time.
    renamed = {"get_me"} if RELEASE >= (2, 8) else set()
    assert set(methods) - renamed == set(SEED)
    assert len(SEED) == 25


@pytest.mark.parametrize("name", sorted(SEED))
def test_the_signature_is_the_seeds(client, name):
    signature = signature_of(methods_of(client.users)[name])
    # The iterator is the client's own: older releases do not show it among the parameters.
    wanted = SEED[name]
    if "iterator" not in signature:
        wanted = wanted.replace(", iterator: bool = None", "")
    assert signature == wanted


def test_every_method_is_described(client):
    for resource in ("users", "groups", "roles", "announcements", "admin", "organizations"):
        for name, method in methods_of(getattr(client, resource)).items():
            assert method.__doc__ and len(method.__doc__) > 20, f"{resource}.{name}"


def test_resources_beside_the_users(client):
    assert {"list", "post", "get", "put", "patch", "put_members", "delete_members"} <= set(
        methods_of(client.groups)
    )
    assert {"put_shares_users", "delete_shares_users", "put_shares_groups", "delete_shares_groups"} <= set(
        methods_of(client.groups)
    )
    assert "delete" not in methods_of(client.groups), "the vendor calls it deprecated"
    assert set(methods_of(client.roles)) == {"list"}
    assert {"list_favorites", "post_favorites", "delete_favorites"} == set(
        methods_of(client.organizations)
    )
    assert {"list_organizations", "post_themes", "patch_themes"} <= set(methods_of(client.admin))


def test_who_is_asking(client, usher):
    assert client.username == usher.env["USHER_EMAIL"]


def test_the_specification_needs_a_key(usher):
    with pytest.raises(requests.exceptions.HTTPError, match="401"):
        connect(usher, "wrong")


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_address_with_and_without_a_slash(usher, slash):
    address = usher.env["CIVIS_API_ENDPOINT"].rstrip("/") + slash
    with environment(CIVIS_API_ENDPOINT=address, CIVIS_API_KEY=usher.env["CIVIS_API_KEY"]):
        client = civis.APIClient(force_refresh_api_spec=True)
    assert client.users.list_me().username == usher.env["USHER_EMAIL"]


def test_bearer_works_as_well_as_basic(usher):
    key = usher.env["CIVIS_API_KEY"]
    address = usher.env["CIVIS_API_ENDPOINT"].rstrip("/")
    answer = requests.get(f"{address}/users/me", headers={"Authorization": f"Bearer {key}"}, timeout=30)
    assert answer.status_code == 200 and answer.json()["username"] == usher.env["USHER_EMAIL"]


def command_line(usher, home, *arguments) -> subprocess.CompletedProcess:
    """The `civis` command, with a home of its own: it keeps the specification there."""
    env = {
        **os.environ,
        "HOME": str(home),
        "CIVIS_API_ENDPOINT": usher.env["CIVIS_API_ENDPOINT"],
        "CIVIS_API_KEY": usher.env["CIVIS_API_KEY"],
    }
    command = [Path(sys.executable).parent / "civis", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


def test_the_command_line(usher, client, tmp_path):
    done = command_line(usher, tmp_path, "users", "list-me", "--json-output")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["username"] == usher.env["USHER_EMAIL"]
    done = command_line(usher, tmp_path, "users", "list", "--limit", "2", "--json-output")
    assert done.returncode == 0 and len(json.loads(done.stdout)) == 2, done.stderr
    group = str(client.users.list_me().primary_group_id)
    # The command line wants what is required in the order of the alphabet.
    done = command_line(
        usher, tmp_path, "users", "post", "clara@civis.example.org", "Clara Line", group, "clara-line", "--json-output"
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["user"], made["email"], made["name"]) == ("clara-line", "clara@civis.example.org", "Clara Line")
    done = command_line(usher, tmp_path, "users", "patch", str(made["id"]), "--time-zone", "UTC", "--json-output")
    assert done.returncode == 0, done.stderr
    assert client.users.get(made["id"]).time_zone == "UTC"
    done = command_line(usher, tmp_path, "users", "delete-2fa", str(made["id"]), "--json-output")
    assert done.returncode == 0, done.stderr


def test_the_seeds_example_runs_as_written(usher):
    with environment(
        CIVIS_API_ENDPOINT=usher.env["CIVIS_API_ENDPOINT"], CIVIS_API_KEY=usher.env["CIVIS_API_KEY"]
    ):
        scope: dict = {}
        exec("import civis\nclient = civis.APIClient()\nusers = client.users.list()", scope)
    assert scope["users"][0].id
