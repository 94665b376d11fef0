"""What the tests of OpenCTI's client share: clients for the owner and for others."""

from __future__ import annotations

import functools
import itertools
import uuid

import pytest
from pycti import OpenCTIApiClient
from pycti.entities.opencti_capability import Capability
from pycti.entities.opencti_group import Group
from pycti.entities.opencti_identity import Identity
from pycti.entities.opencti_marking_definition import MarkingDefinition
from pycti.entities.opencti_role import Role
from pycti.entities.opencti_settings import Settings
from pycti.entities.opencti_stix_domain_object import StixDomainObject
from pycti.entities.opencti_user import User

CLASSES = (User, Group, Role, Capability, Settings, Identity, MarkingDefinition, StixDomainObject)
# Which methods were called, and which of their parameters were given; see test_zz_whole_client.py.
USED: dict[tuple[str, str], set[str]] = {}


def _noted(kind: str, name: str, method):
    @functools.wraps(method)
    def noted(*args, **kwargs):
        given = {key for key, value in kwargs.items() if value is not None}
        USED.setdefault((kind, name), set()).update(given)
        return method(*args, **kwargs)

    return noted


for _kind in CLASSES:
    for _name, _method in list(vars(_kind).items()):
        if _name.startswith("_"):
            continue
        if isinstance(_method, staticmethod):
            setattr(_kind, _name, staticmethod(_noted(_kind.__name__, _name, _method.__func__)))
        elif callable(_method):
            setattr(_kind, _name, _noted(_kind.__name__, _name, _method))

_counter = itertools.count(1)


@pytest.fixture(scope="session")
def connect(usher):
    """A client with a token; the owner's, unless another is named."""

    def connect(token: str | None = None, **options) -> OpenCTIApiClient:
        options.setdefault("log_level", "critical")
        return OpenCTIApiClient(usher.env["OPENCTI_URL"], token or usher.env["OPENCTI_TOKEN"], **options)

    return connect


@pytest.fixture(scope="session")
def client(connect) -> OpenCTIApiClient:
    """The owner's client."""
    return connect()


@pytest.fixture
def unique():
    """Names that nobody has yet."""
    return lambda stem="thing": f"{stem}-{next(_counter)}-{uuid.uuid4().hex[:6]}"


@pytest.fixture
def new_user(client, unique):
    """Makes users: `new_user()`, or with the client's own parameters."""

    def make(**options):
        stem = unique("user")
        options.setdefault("name", stem.title())
        options.setdefault("user_email", f"{stem}@example.org")
        return client.user.create(**options)

    return make


@pytest.fixture
def new_group(client, unique):
    """Makes groups, with the capabilities named brought by a role of their own."""

    def make(*capabilities: str, **options):
        options.setdefault("name", unique("group"))
        options.setdefault("group_confidence_level", {"max_confidence": 50, "overrides": []})
        group = client.group.create(**options)
        if capabilities:
            known = {entry["name"]: entry["id"] for entry in client.capability.list()}
            role = client.role.create(name=unique("role"))
            for capability in capabilities:
                client.role.add_capability(id=role["id"], capability_id=known[capability])
            client.group.add_role(id=group["id"], role_id=role["id"])
        return group

    return make


@pytest.fixture
def token_of(client):
    """A fresh token of a user."""
    return lambda user, **options: client.user.create_token(
        user_id=user["id"], token_name="test", **options
    )["plaintext_token"]


@pytest.fixture
def new_organization(client, unique):
    """Makes organisations."""

    def make(**options):
        options.setdefault("name", unique("Organisation"))
        return client.identity.create(type="Organization", **options)

    return make


def failure(call, *args, **kwargs):
    """The client's own error for a call that must fail: a dict, or a text."""
    with pytest.raises(ValueError) as caught:
        call(*args, **kwargs)
    return caught.value.args[0]


def named(error) -> str:
    """The code of an error."""
    return error["name"] if isinstance(error, dict) else str(error)


def where(key, *values, operator="eq", mode="or"):
    """A FilterGroup with one filter."""
    single = {"key": key, "values": list(values), "operator": operator, "mode": mode}
    return {"mode": "and", "filters": [single], "filterGroups": []}
