"""Older releases of pyTenable: a round of user administration through each."""

import itertools
import os

import pytest

try:
    from tenable.ie import TenableIE
except ImportError:
    # The product's name, and the client's, until 2022.
    from tenable.ad import TenableAD as TenableIE

PASSWORD = "Cobalt-Lantern-73!"
_count = itertools.count(1)


def connect(usher, key=None):
    return TenableIE(url=usher.env["TIE_URL"], api_key=key or usher.env["TIE_API_KEY"])


@pytest.fixture
def tie(usher):
    return connect(usher)


@pytest.fixture
def email():
    return f"r{os.getpid()}x{next(_count)}@example.org"


def test_a_round_of_users(usher, tie, email):
    made = tie.users.create(name="Ada", surname="Byron", email=email, password=PASSWORD, active=True)[0]
    assert made["email"] == email and made["active"] is True
    assert email in [person["email"] for person in tie.users.list()]
    changed = tie.users.update(made["id"], department="Engines", biography="Countess")
    assert (changed["department"], changed["biography"]) == ("Engines", "Countess")
    role = next(role for role in tie.roles.list() if role["name"] == "User")
    assert tie.users.update_user_roles(made["id"], roles=[role["id"]])["roles"] == [role["id"]]
    token = tie.post("login", json={"email": email, "password": PASSWORD})
    token = token["authToken"] if isinstance(token, dict) else token.json()["authToken"]
    own = connect(usher, token)
    key = own.api_keys.refresh()
    assert connect(usher, key).users.info()["email"] == email
    own = connect(usher, key)
    own.users.change_password(old_password=PASSWORD, new_password="Umber-Lantern-74!")
    with pytest.raises(Exception) as refused:
        own.users.delete(made["id"])
    assert "403" in str(refused.value) or getattr(refused.value, "code", None) == 403
    tie.users.delete(made["id"])
    with pytest.raises(Exception):
        tie.users.details(made["id"])


def test_roles_and_settings(tie, email):
    role = tie.roles.create(name=f"Role {email}", description="made by a test")[0]
    changed = tie.roles.update(role["id"], name=f"Other {email}")
    assert changed["name"] == f"Other {email}"
    document = {"entity_name": "user", "action": "read", "entity_ids": None, "dynamic_id": None}
    assert tie.roles.replace_role_permissions(role["id"], permissions=[document])["permissions"]
    tie.roles.delete(role["id"])
    policy = tie.lockout_policy.details()
    assert policy["enabled"] in (True, False)
    assert tie.about.version()
    # The oldest have no method for these.
    if hasattr(tie, "application_settings"):
        assert tie.application_settings.details()["default_role_ids"]
