"""The vendor's client against the shared server, and people made through it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# Tests are imported by their paths, so what they share must be told where it is.
sys.path.insert(0, str(Path(__file__).parent))

from falcon_people import client_of, fresh_uid, good, owners_client  # noqa: E402


@pytest.fixture(scope="session")
def owner(usher):
    """The owner's API client."""
    return owners_client(usher)


@pytest.fixture(scope="session")
def falcon(owner):
    return owner.users()


@pytest.fixture(scope="session")
def uber(owner):
    return owner.uber()


@pytest.fixture(scope="session")
def cid(owner) -> str:
    """The owner's customer, learnt the way scripts learn it."""
    ccid = good(owner.sensors().get_sensor_installer_ccid())[0]
    assert ccid == ccid.upper() and ccid[-3] == "-"
    return ccid[:-3].lower()


@pytest.fixture(scope="session")
def children(owner) -> dict[str, str]:
    """The children of the owner's customer: id by name."""
    control = owner.control()
    found = good(control.get_children(ids=good(control.query_children(limit=100))))
    return {child["name"]: child["child_cid"] for child in found}


@pytest.fixture
def make_person(falcon):
    """Makes people: `make_person(first_name="Ada")` gives their object."""

    def make(**fields) -> dict:
        wanted = {"uid": fresh_uid(), "first_name": "Ada", "last_name": "Lovelace", **fields}
        return good(falcon.create_user_mssp(**wanted), 201)[0]

    return make


@pytest.fixture
def as_person(usher, native, falcon, cid, make_person):
    """An API client of a new person who holds these roles: gives client and person."""

    def make(*roles, where=None, **fields):
        person = make_person(**fields)
        if roles:
            at = where or person["cid"]
            granted = falcon.user_roles_action(
                action="grant", cid=at, role_ids=list(roles), uuid=person["uuid"]
            )
            good(granted)
        return client_of(usher, native, number_of(native, person)), person

    return make


def number_of(native, person) -> int:
    """How the native API names a person."""
    return native.get(f"/users/{person['uuid']}")["id"]
