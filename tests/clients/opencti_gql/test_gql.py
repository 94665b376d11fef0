"""gql, the GraphQL client for Python: it reads the schema, checks documents against it, and sends them."""

from __future__ import annotations

import uuid

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from graphql.error import GraphQLError


@pytest.fixture(scope="module")
def endpoint(usher):
    return usher.env["OPENCTI_URL"] + "/graphql", {"Authorization": f"Bearer {usher.env['OPENCTI_TOKEN']}"}


@pytest.fixture(scope="module")
def client(endpoint):
    url, headers = endpoint
    transport = RequestsHTTPTransport(url=url, headers=headers)
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        yield session


def test_the_schema_is_read_whole(client):
    types = client.client.schema.type_map
    assert {"User", "Group", "Role", "Organization", "StixDomainObject", "MemberType"} <= set(types)
    assert "contextPatch" in types["UserEditMutations"].fields


def test_a_person_from_its_making_to_its_end(client):
    email = f"{uuid.uuid4().hex[:8]}@example.org"
    add = gql("mutation ($input: UserAddInput!) { userAdd(input: $input) { id user_email representative { main } } }")
    add.variable_values = {"input": {"name": "Ada Lovelace", "user_email": email}}
    made = client.execute(add)["userAdd"]
    assert (made["user_email"], made["representative"]["main"]) == (email, "Ada Lovelace")
    edit = gql("mutation ($id: ID!, $input: [EditInput]!) { userEdit(id: $id) { fieldPatch(input: $input) { description } } }")
    edit.variable_values = {"id": made["id"], "input": [{"key": "description", "value": ["Countess"]}]}
    assert client.execute(edit)["userEdit"]["fieldPatch"] == {"description": "Countess"}
    with pytest.raises(TransportQueryError) as caught:
        client.execute(add)
    assert caught.value.errors[0]["extensions"]["code"] == "FUNCTIONAL_ERROR"
    delete = gql("mutation ($id: ID!) { userEdit(id: $id) { delete } }")
    delete.variable_values = {"id": made["id"]}
    assert client.execute(delete)["userEdit"]["delete"] == made["id"]


def test_the_clients_own_check_and_the_servers_say_the_same(client, endpoint):
    document = "query ($id: String!) { reportOfPeople(id: $id) { id } user(id: $id, colour: 1) { id shoeSize } }"
    query = gql(document)
    query.variable_values = {"id": "x"}
    with pytest.raises(GraphQLError) as local:
        client.execute(query)
    url, headers = endpoint
    unchecked = Client(transport=RequestsHTTPTransport(url=url, headers=headers))
    with pytest.raises(TransportQueryError) as remote:
        unchecked.execute(query)
    messages = [error["message"] for error in remote.value.errors]
    # The library in Python quotes names as Python does.
    assert messages[0] == str(local.value.message).replace("'", '"')
    assert [message.split('"')[1] for message in messages] == ["reportOfPeople", "colour", "shoeSize"]
