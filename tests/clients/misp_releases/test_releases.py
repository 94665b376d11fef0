"""Older releases of PyMISP: a round of user administration through each."""

import itertools
import os

import pymisp
import pytest
from pymisp import MISPOrganisation, MISPRole, MISPUser, PyMISP

_count = itertools.count(1)


def ok(answer):
    """An answer that is no error."""
    assert not (isinstance(answer, dict) and answer.get("errors")), answer
    return answer


@pytest.fixture
def mark():
    return f"r{os.getpid()}x{next(_count)}"


@pytest.fixture
def misp(usher):
    return PyMISP(usher.env["MISP_URL"], usher.env["MISP_KEY"])


def made_user(misp, mark, **fields):
    user = MISPUser()
    user.email = f"{mark}@example.org"
    for field, value in fields.items():
        setattr(user, field, value)
    return ok(misp.add_user(user))["User"]


def test_the_start_asks_nothing_twice(misp):
    assert misp.misp_instance_version["version"] == "2.5.1"
    assert misp.describe_types_remote["types"][0] == "md5"


def test_a_round_of_users_organisations_and_roles(usher, misp, mark):
    organisation = MISPOrganisation()
    organisation.name = f"Organisation {mark}"
    organisation = ok(misp.add_organisation(organisation, pythonify=True))
    assert misp.organisation_exists(organisation)
    user = made_user(misp, mark, org_id=organisation.id, role_id=3)
    assert [row["User"]["id"] for row in misp.users(search=mark)] == [user["id"]]
    assert [one.id for one in misp.users(organisation=organisation.id, pythonify=True)] == [user["id"]] or [
        str(one.id) for one in misp.users(organisation=organisation.id, pythonify=True)
    ] == [user["id"]]
    own = PyMISP(usher.env["MISP_URL"], user["authkey"])
    assert own.get_user()["User"]["email"] == user["email"]
    assert ok(own.change_user_password(f"Harbour-Lantern-{mark}"))["message"] == "Password Changed."
    assert ok(misp.update_user({"role_id": 4}, user["id"]))["User"]["role_id"] == "4"
    fetched = misp.get_user(user["id"], pythonify=True)
    fetched.autoalert = True
    assert ok(misp.update_user(fetched))["User"]["autoalert"] is True
    organisation.sector = "Energy"
    ok(misp.update_organisation(organisation))
    assert misp.get_organisation(organisation)["Organisation"]["sector"] == "Energy"
    refused = own.delete_user(user["id"])
    assert refused["errors"][0] == 403
    assert ok(misp.delete_user(user["id"]))["message"] == "User deleted."
    assert ok(misp.delete_organisation(organisation))["message"] == "Organisation deleted"
    assert {row["Role"]["name"] for row in misp.roles()} >= {"admin", "User", "Sync user"}


def test_roles_and_keys(usher, misp, mark):
    if not hasattr(misp, "add_role"):
        made = ok(misp.direct_call("admin/roles/add", {"name": f"Role {mark}", "permission": "1"}))["Role"]
    else:
        role = MISPRole()
        role.name = f"Role {mark}"
        role.permission = "1"
        made = ok(misp.add_role(role))["Role"]
    assert made["perm_add"] is True
    user = made_user(misp, mark, role_id=3)
    key = misp.get_new_authkey(user["id"])
    assert len(key) == 40
    assert PyMISP(usher.env["MISP_URL"], key).get_user()["User"]["id"] == user["id"]
    ok(misp.direct_call(f"admin/roles/delete/{made['id']}", {}))


def test_settings_and_registrations(usher, misp, mark):
    ok(misp.set_user_setting("homepage", {"path": "/events/index"}))
    assert misp.get_user_setting("homepage")["value"] == {"path": "/events/index"}
    assert ok(misp.delete_user_setting("homepage"))["message"] == "Setting deleted."
    ok(misp.direct_call("servers/serverSettingsEdit/Security.allow_self_registration", {"value": True}))
    asked = pymisp.api.register_user(usher.env["MISP_URL"], f"{mark}@example.org", org_name="Anywhere")
    assert asked["saved"] is True
    waiting = [one for one in misp.user_registrations(pythonify=True) if one.data["email"] == f"{mark}@example.org"]
    assert len(waiting) == 1
    assert ok(misp.accept_user_registration(waiting[0], organisation=1, role=3))["saved"] is True
    assert [row["User"]["email"] for row in misp.users(search=mark)] == [f"{mark}@example.org"]
