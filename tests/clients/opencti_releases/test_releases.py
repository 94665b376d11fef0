"""Older releases of OpenCTI's client: the round that scripts of administrators make, by each."""

from __future__ import annotations

import itertools
import uuid

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
