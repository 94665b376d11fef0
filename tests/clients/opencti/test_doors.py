"""People made through other doors show sensible values here, and the other way round."""

import pytest
import requests

from .conftest import where


@pytest.fixture
def misp(usher):
    headers = {"Authorization": usher.env["MISP_KEY"], "Accept": "application/json"}
    return lambda method, path, body=None: requests.request(
        method, usher.env["MISP_URL"] + path, json=body, headers=headers, timeout=10
    ).json()


@pytest.fixture
def tenable(usher):
    headers = {"X-API-Key": usher.env["TIE_API_KEY"]}
    return lambda method, path, body=None: requests.request(
        method, usher.env["TIE_URL"] + path, json=body, headers=headers, timeout=10
    ).json()


def shown(client, email):
    return client.user.read(filters=where("user_email", email), include_tokens=True, include_sessions=True)


DEFAULTS = {
    "theme": "default",
    "language": "auto",
    "description": None,
    "unit_system": None,
    "external": False,
    "user_confidence_level": None,
    "effective_confidence_level": None,
    "roles": [],
    "groups": [],
    "sessions": [],
    "entity_type": "User",
}


def defaults(user):
    return {key: user[key] for key in DEFAULTS}


def test_a_person_of_misp(client, misp, unique):
    email = f"{unique('misp')}@example.org"
    made = misp("POST", "/admin/users/add", {"email": email, "org_id": 1, "role_id": 3, "disabled": False})
    assert made["User"]["email"] == email
    user = shown(client, email)
    assert defaults(user) == DEFAULTS
    # A door that knows no names shows what stands before the at sign; MISP makes a key of its own.
    assert user["name"] == email.split("@")[0]
    assert (user["account_status"], len(user["api_tokens"])) == ("Active", 1)
    misp("POST", f"/admin/users/edit/{made['User']['id']}", {"disabled": True})
    assert shown(client, email)["account_status"] == "Inactive"
    client.user.update_field(id=user["id"], input=[{"key": "account_status", "value": ["Active"]}])
    assert misp("GET", f"/admin/users/view/{made['User']['id']}")["User"]["disabled"] is False
    client.user.delete(id=user["id"])
    assert "User" not in misp("GET", f"/admin/users/view/{made['User']['id']}")


def test_a_person_of_tenable(client, tenable, unique):
    email = f"{unique('tenable')}@example.org"
    new = {"name": "Joan", "surname": "Clarke", "email": email, "password": "Cobalt-Lantern-73!", "active": True}
    made = tenable("POST", "/api/users", [new])[0]
    user = shown(client, email)
    assert defaults(user) == DEFAULTS
    assert (user["name"], user["firstname"], user["lastname"]) == ("Joan Clarke", "Joan", "Clarke")
    client.user.update_field(id=user["id"], input=[{"key": "lastname", "value": ["Murray"]}])
    assert tenable("GET", f"/api/users/{made['id']}")["surname"] == "Murray"
    client.user.update_field(id=user["id"], input=[{"key": "account_status", "value": ["Locked"]}])
    assert tenable("GET", f"/api/users/{made['id']}")["lockedOut"] is True


def test_a_person_of_ours_elsewhere(client, misp, tenable, native, new_user):
    user = new_user(name="Ada King Lovelace", firstname="Ada", lastname="Lovelace", description="ours")
    there = native.get(f"/users/{user['id']}")
    assert (there["name"], there["given_name"], there["family_name"]) == ("Ada King Lovelace", "Ada", "Lovelace")
    number = there["number"]
    in_misp = misp("GET", f"/admin/users/view/{number}")
    assert (in_misp["User"]["email"], in_misp["User"]["disabled"], in_misp["Role"]["name"]) == (
        user["user_email"], False, "No role",
    )  # fmt: skip
    in_tenable = tenable("GET", f"/api/users/{number}")
    assert (in_tenable["name"], in_tenable["surname"], in_tenable["email"]) == ("Ada", "Lovelace", user["user_email"])
    assert (in_tenable["active"], in_tenable["lockedOut"], in_tenable["roles"]) == (True, False, [])
    # Another door's change leaves what only this one knows.
    native.patch(f"/users/{user['id']}", {"display_name": "Ada Byron"})
    again = client.user.read(id=user["id"])
    assert (again["name"], again["description"]) == ("Ada Byron", "ours")


def test_a_service_account_elsewhere(client, tenable, native):
    answer = client.query(
        "mutation ($input: UserAddInput!) { userAdd(input: $input) { id user_email } }",
        {"input": {"name": "Robot", "user_service_account": True}},
    )
    user = answer["data"]["userAdd"]
    assert user["user_email"] == f"automatic+{user['id']}@opencti.invalid"
    there = native.get(f"/users/{user['id']}")
    assert (there["kind"], there["email"]) == ("service", None)
    assert tenable("GET", f"/api/users/{there['number']}")["email"].endswith(".invalid")


def test_organisations_and_groups_are_shared(client, native, unique):
    name = unique("Shared organisation")
    made = client.identity.create(type="Organization", name=name)
    assert native.get(f"/organisations/{made['id']}")["name"] == name
    other = native.post("/organisations", {"name": unique("Native organisation")})
    assert client.identity.read(id=other["id"])["name"] == other["name"]
    group = native.post("/groups", {"name": unique("Native group")})
    seen = client.group.read(id=group["id"])
    assert (seen["name"], seen["roles"], seen["group_confidence_level"]["max_confidence"]) == (group["name"], [], 100)
