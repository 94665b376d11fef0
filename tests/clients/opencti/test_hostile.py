"""Requests that nobody means well: refused in the vendor's shape, with nothing changed."""

import concurrent.futures
import json

import pytest
import requests


def send(usher, body, content="application/json", token=None):
    headers = {"Content-Type": content, "Authorization": f"Bearer {token or usher.env['OPENCTI_TOKEN']}"}
    return requests.post(usher.env["OPENCTI_URL"] + "/graphql", data=body, headers=headers, timeout=30)


def document(query, **variables):
    return json.dumps({"query": query, "variables": variables})


def nested(depth):
    group = {"mode": "and", "filters": [], "filterGroups": []}
    for _ in range(depth):
        group = {"mode": "and", "filters": [], "filterGroups": [group]}
    return group


ADD = "mutation ($input: UserAddInput!) { userAdd(input: $input) { id } }"
LIST = "query ($filters: FilterGroup) { users(filters: $filters) { edges { node { id } } } }"
DEEP = "{ groups { edges { node { id } } } }"
for _ in range(4):
    DEEP = DEEP.replace("node { id }", "node { members { edges { node { groups { edges { node { id } } } } } } }")
MANY = [{"key": "name", "values": [f"n{number}" for number in range(3000)], "operator": "eq", "mode": "or"}]

# What is sent, the status, and the code.
HOSTILE = {
    "broken": ("{", 400, "BAD_USER_INPUT"),
    "not text": (b"\xff\xfe\x00", 400, "BAD_USER_INPUT"),
    "a batch": ("[" + document("{ me { id } }") + "]", 400, "BAD_USER_INPUT"),
    "deep json": ("[" * 100_000 + "]" * 100_000, 400, "BAD_USER_INPUT"),
    "no query": ('{"variables": {}}', 400, "BAD_USER_INPUT"),
    "variables that are none": ('{"query": "{ me { id } }", "variables": []}', 400, "BAD_USER_INPUT"),
    "huge": ('{"query": "' + "x" * 11_000_000 + '"}', 413, "BAD_USER_INPUT"),
    "a long document": (document("{ me { id } }" + " " * 70_000), 200, "GRAPHQL_PARSE_FAILED"),
    "many tokens": (document("{ me { " + "id " * 20_000 + "} }"), 200, "GRAPHQL_PARSE_FAILED"),
    "a deep document": (document(DEEP), 200, "GRAPHQL_VALIDATION_FAILED"),
    "many aliases": (document("{ " + " ".join(f"a{n}: me {{ id }}" for n in range(31)) + " }"), 200, "GRAPHQL_VALIDATION_FAILED"),
    "many roots": (
        document("mutation { " + " ".join(f"a{n}: userAdd(input: {{name: \"nn\"}}) {{ id }}" for n in range(31)) + " }"),
        200, "GRAPHQL_VALIDATION_FAILED",
    ),
    "a fragment that is its own": (document("{ me { ...a } } fragment a on MeUser { ...a }"), 200, "GRAPHQL_VALIDATION_FAILED"),
    "a deep filter": (document(LIST, filters=nested(40)), 400, "BAD_USER_INPUT"),
    "a long filter": (document(LIST, filters={"mode": "and", "filters": MANY, "filterGroups": []}), 200, "UNSUPPORTED_ERROR"),
    "an unknown field": (document("{ me { password } }"), 200, "GRAPHQL_VALIDATION_FAILED"),
    "an unknown argument": (document("{ users(limit: 1) { edges { node { id } } } }"), 200, "GRAPHQL_VALIDATION_FAILED"),
    "an unknown input": (document(ADD, input={"name": "Nn", "user_email": "h@example.org", "roles": ["x"]}), 200, "BAD_USER_INPUT"),
    "a name of the wrong type": (document(ADD, input={"name": {"a": 1}, "user_email": "h@example.org"}), 200, "BAD_USER_INPUT"),
    "no name": (document(ADD, input={"name": None, "user_email": "h@example.org"}), 200, "BAD_USER_INPUT"),
    "a name with a nul": (document(ADD, input={"name": "a\x00b", "user_email": "h@example.org"}), 400, "BAD_USER_INPUT"),
    "a long name": (document(ADD, input={"name": "n" * 100_000, "user_email": "h@example.org"}), 200, None),
    "an address with a line": (document(ADD, input={"name": "Nn", "user_email": "h@example.org\r\nBcc: x"}), 200, "VALIDATION_ERROR"),
    "an injection": (document("query ($id: String!) { user(id: $id) { id } }", id="' OR 1=1 --"), 200, ""),
    "a negative page": (document("{ users(first: -1) { pageInfo { globalCount } } }"), 200, ""),
    "a number too large": (document("{ users(first: 99999999999) { pageInfo { globalCount } } }"), 200, None),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_and_changes_nothing(usher, client, native, name):
    body, status, code = HOSTILE[name]
    before = client.user.list(getAll=True, customAttributes="id name updated_at")
    answer = send(usher, body)
    assert answer.status_code == status, answer.text[:300]
    errors = answer.json().get("errors")
    if code == "":
        assert errors is None
    else:
        error = errors[0]
        assert error["name"] == error["extensions"]["code"]
        assert code is None or error["name"] == code, error
        assert error["name"] != "INTERNAL_SERVER_ERROR"
    assert client.user.list(getAll=True, customAttributes="id name updated_at") == before


@pytest.mark.parametrize("content", ["text/plain", "application/x-www-form-urlencoded", "", "application/xml"])
def test_other_types_are_refused(usher, content):
    answer = send(usher, document("{ me { id } }"), content)
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (415, "BAD_USER_INPUT")


def test_writes_at_the_same_time_all_count_or_none_does(client, connect, new_group, unique):
    group, stem = new_group(), unique("parallel")

    def make(number):
        own = connect()
        user = own.user.create(name=f"{stem} {number}", user_email=f"{stem}-{number}@example.org")
        own.user.add_membership(id=user["id"], group_id=group["id"])
        return user["id"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(24)))
    members = client.group.read(id=group["id"])["members"]
    assert sorted(member["id"] for member in members) == sorted(made)

    def again(_):
        try:
            return connect().user.create(name="Same Person", user_email=f"{stem}-same@example.org")["id"]
        except ValueError as error:
            return error.args[0]["error_message"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(again, range(16)))
    assert outcomes.count("User already exists") == 15
