"""Older releases of OpenCTI's client: the round that scripts of administrators make, by each."""

from __future__ import annotations

import itertools
import uuid

import pycti
import pytest
from pycti import OpenCTIApiClient

_numbers = itertools.count(1)


def connect(usher, token: str | None = None) -> OpenCTIApiClient:
    return OpenCTIApiClient(usher.env["OPENCTI_URL"], token or usher.env["OPENCTI_TOKEN"], log_level="error")


@pytest.fixture(scope="module")
def client(usher):
    return connect(usher)


def unique(stem: str) -> str:
    return f"{stem}-{next(_numbers)}-{uuid.uuid4().hex[:6]}"


def where(key: str, *values: str) -> dict:
    single = {"key": key, "values": list(values), "operator": "eq", "mode": "or"}
    return {"mode": "and", "filters": [single], "filterGroups": []}


def test_a_wrong_token_is_refused_at_once(usher):
    with pytest.raises(ValueError):
        connect(usher, "7b4ab1d6-0000-4000-8000-000000000000")


def test_an_organisation_from_its_making_to_its_end(client):
    name = unique("Organisation")
    made = client.identity.create(type="Organization", name=name, description="one")
    assert made["standard_id"] == client.identity.generate_id(name, "organization")
    again = client.identity.create(type="Organization", name=name, description="two", update=True)
    assert again["id"] == made["id"]
    assert client.identity.read(id=made["id"])["description"] == "two"
    assert client.identity.read(filters=where("name", name))["id"] == made["id"]
    client.stix_domain_object.update_field(id=made["id"], input=[{"key": "description", "value": ["three"]}])
    read = client.stix_domain_object.read(id=made["id"])
    assert (read["name"], read["description"], read["entity_type"]) == (name, "three", "Organization")
    assert [row["id"] for row in client.stix_domain_object.list(types=["Organization"], filters=where("name", name))] == [made["id"]]
    assert client.stix_domain_object.list(types=["Report"]) == []
    assert client.stix_domain_object.read(id=str(uuid.uuid4())) is None
    client.stix_domain_object.delete(id=made["id"])
    assert client.identity.read(id=made["id"]) is None


def test_markings_are_read(client):
    names = {row["definition"] for row in client.marking_definition.list()}
    assert {"TLP:CLEAR", "TLP:RED", "PAP:RED"} <= names
    assert client.marking_definition.read(filters=where("definition", "TLP:GREEN"))["definition"] == "TLP:GREEN"


def test_people_by_documents_of_ones_own(client):
    """Releases before 6.5 have no classes for people, so their scripts send documents."""

    def ask(document: str, **variables):
        return client.query(document, variables)["data"]

    email = f"{unique('person')}@example.org"
    add = "mutation ($input: UserAddInput!) { userAdd(input: $input) { id user_email } }"
    user = ask(add, input={"name": "Ada Lovelace", "user_email": email})["userAdd"]
    patch = "mutation ($id: ID!, $input: [EditInput]!) { userEdit(id: $id) { fieldPatch(input: $input) { description } } }"
    changed = ask(patch, id=user["id"], input={"key": "description", "value": "Countess"})
    assert changed["userEdit"]["fieldPatch"]["description"] == "Countess"
    with pytest.raises(ValueError) as caught:
        ask(add, input={"name": "Ada Lovelace", "user_email": email})
    assert "already exists" in str(caught.value)
    ask("mutation ($id: ID!) { userEdit(id: $id) { delete } }", id=user["id"])
    assert ask("query ($id: String!) { user(id: $id) { id } }", id=user["id"])["user"] is None


def classes(client) -> bool:
    """Whether the release has classes for people: those before 6.5 have none, and the tests of classes end there."""
    have = hasattr(client, "user")
    major, minor = (int(part) for part in pycti.__version__.split(".")[:2])
    assert have == ((major, minor) >= (6, 5)), pycti.__version__
    return have


LEVEL = {"max_confidence": 60, "overrides": []}


@pytest.fixture
def person(client):
    made = client.user.create(name=unique("Person"), user_email=f"{unique('person')}@example.org")
    yield made
    client.user.delete(id=made["id"])


@pytest.fixture
def group(client):
    made = client.group.create(name=unique("Group"), group_confidence_level=LEVEL)
    yield made
    client.group.delete(id=made["id"])


@pytest.fixture
def role(client):
    made = client.role.create(name=unique("Role"))
    yield made
    client.role.delete(id=made["id"])


if hasattr(pycti, "User"):

    def test_a_person_from_its_making_to_its_end(client, person):
        assert client.user.read(id=person["id"])["user_email"] == person["user_email"]
        found = client.user.list(filters=where("user_email", person["user_email"]))
        assert [row["id"] for row in found] == [person["id"]]
        changed = client.user.update_field(id=person["id"], input=[{"key": "firstname", "value": ["Ada"]}])
        assert changed["firstname"] == "Ada"
        with pytest.raises(ValueError) as caught:
            client.user.create(name="Another", user_email=person["user_email"])
        assert "FUNCTIONAL_ERROR" in str(caught.value) and "already exists" in str(caught.value)
        assert client.user.me()["name"]

    def test_groups_roles_and_organisations_of_a_person(client, person, group, role):
        client.user.add_membership(id=person["id"], group_id=group["id"])
        assert group["id"] in client.user.read(id=person["id"])["groupsIds"]
        assert [row["id"] for row in client.group.read(id=group["id"])["members"]] == [person["id"]]
        client.group.add_role(id=group["id"], role_id=role["id"])
        assert role["id"] in client.group.read(id=group["id"])["rolesIds"]
        knowledge = next(one for one in client.capability.list() if one["name"] == "KNOWLEDGE")
        client.role.add_capability(id=role["id"], capability_id=knowledge["id"])
        assert client.role.read(id=role["id"])["capabilitiesIds"] == [knowledge["id"]]
        client.role.delete_capability(id=role["id"], capability_id=knowledge["id"])
        client.group.delete_role(id=group["id"], role_id=role["id"])
        client.user.delete_membership(id=person["id"], group_id=group["id"])
        assert group["id"] not in client.user.read(id=person["id"])["groupsIds"]
        organisation = client.identity.create(type="Organization", name=unique("Organisation"))
        client.user.add_organization(id=person["id"], organization_id=organisation["id"])
        assert organisation["id"] in client.user.read(id=person["id"])["objectOrganizationIds"]
        client.user.delete_organization(id=person["id"], organization_id=organisation["id"])
        client.stix_domain_object.delete(id=organisation["id"])

    def test_markings_of_a_group(client, group):
        green = client.marking_definition.read(filters=where("definition", "TLP:GREEN"))
        client.group.add_allowed_marking(id=group["id"], marking_id=green["id"])
        shown = client.group.read(id=group["id"])["allowed_marking"]
        assert [one["id"] for one in shown] == [green["id"]]
        client.group.edit_default_marking(id=group["id"], marking_ids=[green["id"]])
        client.group.delete_allowed_marking(id=group["id"], marking_id=green["id"])
        assert client.group.read(id=group["id"])["allowed_marking"] == []

    def test_tokens_and_refusals(usher, client, person, group, role):
        """The one token of 6.x is replaced; 7.x makes any number of them."""
        use = next(one for one in client.capability.list() if one["name"] == "APIACCESS_USETOKEN")
        client.role.add_capability(id=role["id"], capability_id=use["id"])
        client.group.add_role(id=group["id"], role_id=role["id"])
        client.user.add_membership(id=person["id"], group_id=group["id"])
        if hasattr(client.user, "token_renew"):
            old = client.user.token_renew(id=person["id"], include_token=True)["api_token"]
            new = client.user.token_renew(id=person["id"], include_token=True)["api_token"]
            with pytest.raises(ValueError):
                connect(usher, old)
        else:
            new = client.user.create_token(user_id=person["id"], token_name="ci")["plaintext_token"]
        own = connect(usher, new)
        assert own.user.me()["id"] == person["id"]
        with pytest.raises(ValueError) as caught:
            own.user.create(name="Nobody", user_email="nobody@example.org")
        assert "FORBIDDEN_ACCESS" in str(caught.value)

    def test_settings_are_read_and_changed(client):
        read = client.settings.read(customAttributes="id platform_title")
        changed = client.settings.update_field(
            id=read["id"], input=[{"key": "platform_title", "value": ["Ours"]}], customAttributes="platform_title"
        )
        assert changed["platform_title"] == "Ours"


def test_classes_for_people_come_with_6_5(client):
    assert hasattr(pycti, "User") == classes(client)
