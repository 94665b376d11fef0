"""The vendor's client against the shared server, and people made through it."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import pytest
from tenable.ie import TenableIE

# Tests are imported by their paths, so what they share must be told where it is.
sys.path.insert(0, str(Path(__file__).parent))

from tenable_people import CLASSES, PASSWORD, USED, connect, fresh_email, key_of, numbers  # noqa: E402


def _noted(kind, name, method):
    @functools.wraps(method)
    def noted(*args, **kwargs):
        USED.add((kind, name))
        return method(*args, **kwargs)

    return noted


for _kind in CLASSES:
    for _name, _method in list(vars(_kind).items()):
        if not _name.startswith("_") and callable(_method):
            setattr(_kind, _name, _noted(_kind.__name__, _name, _method))


@pytest.fixture(scope="session")
def tie(usher) -> TenableIE:
    return connect(usher)


@pytest.fixture
def make_person(usher, tie):
    """Makes people who may sign in: `make_person(name="Ada", roles=[…])` gives their object."""

    def make(roles=None, **changes) -> dict:
        fields = {"name": "Ada", "email": fresh_email(), "password": PASSWORD, "active": True}
        person = tie.users.create(**{**fields, **changes})[0]
        if roles is not None:
            tie.users.update_user_roles(str(person["id"]), roles)
        return person

    return make


@pytest.fixture
def as_person(usher, make_person):
    """The client with the key of a new person: `as_person(roles=[…])` gives client and object."""

    def make(roles=None, **changes):
        person = make_person(roles, **changes)
        return connect(usher, key_of(usher, person["email"])), person

    return make


@pytest.fixture
def make_role(tie):
    """Makes roles of these permissions, each (entity, action) or (entity, action, ids, dynamic)."""

    def make(*permissions) -> int:
        role = tie.roles.create(name=f"role {next(numbers)}", description="made by a test")[0]
        documents = []
        for permission in permissions:
            entity, action, ids, dynamic = (*permission, None, None)[:4]
            documents.append(
                {"entity_name": entity, "action": action, "entity_ids": ids, "dynamic_id": dynamic}
            )
        tie.roles.replace_role_permissions(str(role["id"]), permissions=documents)
        return role["id"]

    return make
