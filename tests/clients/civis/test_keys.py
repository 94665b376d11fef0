"""API keys: made, listed, shown, revoked, and what constraints really allow."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta

import civis
import pytest
import requests
from civis_people import connect, key_of, make_user, refused, wait_for, word

STATE = [
    "id", "name", "expires_at", "created_at", "revoked_at", "last_used_at", "scopes", "use_count", "expired", "active",
]  # fmt: skip
CONSTRAINT = [
    "constraint", "constraint_type", "get_allowed", "head_allowed", "post_allowed", "put_allowed", "patch_allowed",
    "delete_allowed",
]  # fmt: skip
ENDPOINTS = {"constraint": "endpoints", "constraint_type": "exact", "get_allowed": True}


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def ask(server, token: str, method: str, path: str, **options) -> int:
    """The status of a request with a key, past the client, which knows no free requests."""
    address = server.env["CIVIS_API_ENDPOINT"].rstrip("/")
    options.setdefault("json", {})
    return requests.request(method, f"{address}/{path}", auth=(token, ""), timeout=30, **options).status_code


def test_a_key_is_shown_once(usher, organisation):
    users = organisation.as_user.users
    made = users.post_api_keys("me", 3600, "mine")
    assert list(made.json()) == [*STATE, "constraints", "token"]
    assert (made.name, made.scopes, made.use_count, made.expired, made.active) == ("mine", ["public"], 0, False, True)
    assert made.constraints == [] and made.revoked_at is None and made.last_used_at is None
    assert abs(at(made.expires_at) - at(made.created_at) - timedelta(seconds=3600)) < timedelta(seconds=1)
    assert re.fullmatch(r"[A-Za-z0-9_-]{40,}", made.token)
    shown = users.get_api_keys("me", made.id)
    assert list(shown.json()) == [*STATE, "constraints"]
    assert connect(usher, made.token).users.list_me().id == organisation.user.id


def test_uses_are_counted(usher, organisation):
    users = organisation.as_user.users
    made = users.post_api_keys("me", 3600, "counted")
    for _ in range(3):
        assert ask(usher, made.token, "GET", "users/me") == 200
    shown = users.get_api_keys("me", made.id)
    assert shown.use_count == 3 and at(shown.last_used_at) >= at(shown.created_at)
    # What is counted in memory is written within a second.
    wait_for(lambda: users.get(organisation.user.id).last_seen_at is not None)


def test_revoked_keys_stay_listed_and_open_nothing(usher, organisation):
    users = organisation.as_user.users
    made = users.post_api_keys(organisation.user.id, 3600, "gone soon")
    gone = users.delete_api_keys("me", made.id)
    assert list(gone.json()) == [*STATE, "constraints"]
    assert gone.revoked_at is not None and (gone.active, gone.expired) == (False, False)
    assert ask(usher, made.token, "GET", "users/me") == 401
    assert made.id in [row.id for row in users.list_api_keys("me")]
    again = users.delete_api_keys("me", made.id)
    assert again.revoked_at == gone.revoked_at


def test_expired_keys(usher, organisation):
    users = organisation.as_user.users
    made = users.post_api_keys("me", 1, "short")
    time.sleep(1.1)
    assert ask(usher, made.token, "GET", "users/me") == 401
    shown = users.get_api_keys("me", made.id)
    assert (shown.expired, shown.active, shown.revoked_at) == (True, False, None)
    with pytest.raises(requests.exceptions.HTTPError, match="401"):
        connect(usher, made.token)


def test_an_ended_key_raises_the_clients_own_error(usher, organisation):
    made = organisation.as_user.users.post_api_keys("me", 3600, "to end")
    theirs = connect(usher, made.token)
    organisation.as_user.users.delete_api_keys("me", made.id)
    with pytest.raises(civis.base.CivisAPIKeyError, match="Bearer realm") as caught:
        theirs.users.list_me()
    assert isinstance(caught.value.__cause__, civis.base.CivisAPIError)


def test_lists(client, organisation):
    user = make_user(client, organisation.base.id)
    made = [client.users.post_api_keys(user.id, 3600, f"key {number:02}").id for number in range(12)]
    rows = client.users.list_api_keys(user.id)
    assert [row.id for row in rows] == made[::-1], "the newest first"
    assert list(rows[0].json()) == [*STATE, "constraint_count"]
    assert [row.id for row in client.users.list_api_keys(user.id, order="id", order_dir="asc", limit=5, page_num=2)] == made[5:10]
    assert client.users.list_api_keys(user.id, limit=5, page_num=4) == []
    assert [row.id for row in client.users.list_api_keys(user.id, limit=5, iterator=True)] == made[::-1]
    assert client.users.list_api_keys(user.id, limit=1000)[0].id == made[-1], "cut down to the maximum"
    refused(lambda: client.users.list_api_keys(user.id, order="name"), 400, "invalid 'order' name")


def test_what_is_refused_when_making(organisation):
    users = organisation.as_user.users
    before = len(users.list_api_keys("me"))
    for expires_in, name, text in [
        (0, "x", "expires_in must be greater than 0"),
        (-5, "x", "expires_in must be greater than 0"),
        (10**15, "x", "expires_in must be greater than 0"),
        ("soon", "x", "expires_in must be an integer"),
        (60, "", "name can't be blank"),
        (60, 7, "name must be a text"),
    ]:
        refused(lambda expires_in=expires_in, name=name: users.post_api_keys("me", expires_in, name), 400, text)
    for constraint, text in [
        ({"constraint": "users", "constraint_type": "suffix", "get_allowed": True}, "constraint_type must be one of"),
        ({"constraint": "users", "constraint_type": "exact"}, "must allow a verb"),
        ({"constraint_type": "prefix", "get_allowed": True}, "constraint is missing"),
        ({"constraint": "users", "constraint_type": "verb", "get_allowed": True}, "constraint must be absent"),
        ({"constraint": "users/(", "constraint_type": "regex", "get_allowed": True}, "Constraints"),
        ({"constraint": "(a{1000}){1000}", "constraint_type": "regex", "get_allowed": True}, "Constraints"),
        ({"constraint": "users", "get_allowed": True}, "constraint_type is missing"),
        ({"constraint": "users", "constraint_type": "exact", "get_allowed": "yes"}, "get_allowed must be true or false"),
        ({"constraint": "users", "constraint_type": "exact", "get_allowed": True, "x": 1}, "x is not known here"),
        ("users", "constraints must be an object"),
    ]:
        refused(lambda constraint=constraint: users.post_api_keys("me", 60, "x", constraints=[constraint]), 400, text)
    many = [{"constraint": f"users/{number}", "constraint_type": "exact", "get_allowed": True} for number in range(500)]
    refused(lambda: users.post_api_keys("me", 60, "x", constraints=many), 400)
    refused(lambda: users.get_api_keys("me", 999_999_999), 404)
    refused(lambda: users.delete_api_keys("me", 999_999_999), 404)
    refused(lambda: users.get_api_keys("you", 1), 404)
    assert len(users.list_api_keys("me")) == before


@pytest.mark.parametrize(
    ("constraints", "allowed", "forbidden"),
    [
        (
            [{"constraint": "users/me", "constraint_type": "exact", "get_allowed": True}],
            [("GET", "users/me"), ("GET", "//users//me/")],
            [("GET", "users"), ("GET", "users/me/favorites"), ("PATCH", "users/me"), ("GET", "endpoints"), ("GET", "groups")],
        ),
        (
            [{"constraint": "users", "constraint_type": "prefix", "get_allowed": True, "head_allowed": True}],
            [("GET", "users"), ("GET", "users/me"), ("GET", "users/me/favorites"), ("HEAD", "users/me")],
            [("POST", "users/me/favorites"), ("GET", "groups"), ("GET", "endpoints"), ("DELETE", "users/me/favorites/1")],
        ),
        (
            [{"constraint": "users/(me|[0-9]+)", "constraint_type": "regex", "get_allowed": True}],
            [("GET", "users/me"), ("GET", "users/{id}")],
            [("GET", "users"), ("GET", "users/me/favorites"), ("GET", "users/{id}/api_keys"), ("PATCH", "users/me")],
        ),
        (
            [{"constraint_type": "verb", "get_allowed": True}],
            [("GET", "users/me"), ("GET", "endpoints"), ("GET", "groups")],
            [("PATCH", "users/me"), ("POST", "users/me/favorites"), ("DELETE", "users/me/favorites/1"), ("HEAD", "users/me")],
        ),
        (
            [
                {"constraint": "users/me", "constraint_type": "exact", "get_allowed": True},
                {"constraint": "users/me/favorites", "constraint_type": "prefix", "postAllowed": True},
            ],
            [("GET", "users/me"), ("POST", "users/me/favorites")],
            [("PATCH", "users/me"), ("GET", "users/me/favorites"), ("GET", "users")],
        ),
    ],
)
def test_constraints_restrict_the_key(usher, organisation, constraints, allowed, forbidden):
    made = organisation.as_user.users.post_api_keys("me", 3600, word("key"), constraints=constraints)
    assert len(made.constraints) == len(constraints)
    for shown, sent in zip(made.constraints, constraints):
        assert list(shown.json()) == CONSTRAINT
        assert shown.constraint == sent.get("constraint") and shown.constraint_type == sent["constraint_type"]
        sent_flags = {name.replace("Allowed", "_allowed") for name in sent if name.lower().endswith("allowed")}
        for name in CONSTRAINT[2:]:
            assert shown.json()[name] is (name in sent_flags), name
    key = organisation.as_user.users.get_api_keys("me", made.id)
    assert [one.json() for one in key.constraints] == [one.json() for one in made.constraints]
    rows = organisation.as_user.users.list_api_keys("me")
    assert next(row for row in rows if row.id == made.id).constraint_count == len(constraints)
    fill = lambda path: path.format(id=organisation.user.id)  # noqa: E731
    body = {"objectId": 5, "objectType": "Project"}
    for method, path in allowed:
        options = {"json": body} if method == "POST" else {}
        status = ask(usher, made.token, method, fill(path), **options)
        assert status < 400, (method, path, status)
    for method, path in forbidden:
        assert ask(usher, made.token, method, fill(path)) == 403, (method, path)


def test_a_constrained_key_starts_the_client_if_it_may(usher, organisation):
    users = organisation.as_user.users
    prefix = {"constraint": "users", "constraint_type": "prefix", "get_allowed": True}
    without = users.post_api_keys("me", 3600, word("key"), constraints=[prefix])
    with pytest.raises(requests.exceptions.HTTPError, match="403"):
        connect(usher, without.token)
    made = users.post_api_keys("me", 3600, word("key"), constraints=[prefix, ENDPOINTS])
    theirs = connect(usher, made.token)
    assert theirs.users.list_me().id == organisation.user.id
    error = refused(lambda: theirs.users.patch_me(preferences={}), 403, "does not permit")
    assert error._response.json()["error"] == "forbidden"


def test_constraints_are_inherited(usher, organisation):
    constraints = [{"constraint": "users", "constraint_type": "prefix", "get_allowed": True, "post_allowed": True}, ENDPOINTS]
    made = organisation.as_user.users.post_api_keys("me", 3600, word("key"), constraints=constraints)
    theirs = connect(usher, made.token)
    child = theirs.users.post_api_keys("me", 3600, word("key"))
    assert [one.json() for one in child.constraints] == [one.json() for one in made.constraints]
    same = theirs.users.post_api_keys("me", 3600, word("key"), constraints=constraints)
    assert [one.json() for one in same.constraints] == [one.json() for one in made.constraints]
    other = [{"constraint_type": "verb", "get_allowed": True}]
    error = refused(
        lambda: theirs.users.post_api_keys("me", 3600, word("key"), constraints=other),
        400,
        "Cannot create API Key with different constraints.",
    )
    assert error._response.json()["error"] == "bad_request"


def test_no_key_outlives_the_one_that_makes_it(usher, organisation):
    made = organisation.as_user.users.post_api_keys("me", 600, "parent")
    theirs = connect(usher, made.token).users
    assert theirs.post_api_keys("me", 3600, "longer").expires_at == made.expires_at
    shorter = theirs.post_api_keys("me", 60, "shorter")
    assert abs(at(shorter.expires_at) - at(shorter.created_at) - timedelta(seconds=60)) < timedelta(seconds=1)


def test_a_key_with_an_end_changes_no_way_of_signing_in(usher, client, organisation):
    """What it changed would last longer than the key."""
    made = organisation.as_admin.users.post_api_keys("me", 3600, "an hour")
    theirs = connect(usher, made.token).users
    user = make_user(client, organisation.base.id)
    assert theirs.patch(user.id, city="Lyon").city == "Lyon"
    refused(lambda: theirs.delete_2fa(user.id), 403, "does not permit")
    refused(lambda: theirs.patch(user.id, password="Correct-Horse-9-Battery"), 403, "does not permit")
    assert organisation.as_admin.users.delete_2fa(user.id).id == user.id
    assert organisation.as_admin.users.patch(user.id, password="Correct-Horse-9-Battery").id == user.id


def test_a_constrained_key_opens_only_this_door(usher, client, organisation, make_native):
    free = key_of(client, organisation.user.id)
    limited = key_of(client, organisation.user.id, constraints=[{"constraint_type": "verb", "get_allowed": True}])
    make_native(free).get("/me")
    make_native(limited).get("/me", status=401)


def test_keys_of_others(usher, client, organisation):
    """Administrators manage the keys of their people; nobody else does."""
    person = make_user(client, organisation.base.id)
    admin, user = organisation.as_admin.users, organisation.as_user.users
    made = admin.post_api_keys(person.id, 3600, "for another")
    assert connect(usher, made.token).users.list_me().id == person.id
    assert [row.id for row in admin.list_api_keys(person.id)] == [made.id]
    assert admin.get_api_keys(person.id, made.id).name == "for another"
    # A key belongs below its owner's number only.
    refused(lambda: admin.get_api_keys(organisation.user.id, made.id), 404)
    for call in (
        lambda: user.list_api_keys(person.id),
        lambda: user.get_api_keys(person.id, made.id),
        lambda: user.delete_api_keys(person.id, made.id),
        lambda: user.post_api_keys(person.id, 60, "x"),
    ):
        refused(call, 403)
    refused(lambda: user.get_api_keys("me", made.id), 404)
    assert admin.delete_api_keys(person.id, made.id).active is False


def test_administrators_can_bound_the_life_of_keys(make_usher):
    server = make_usher()
    client = connect(server)
    server.native.patch("/settings/keys", {"longest_life": 2_592_000})
    refused(lambda: client.users.post_api_keys("me", 2_592_001, "long"), 400, "2592000 seconds from now at most")
    assert client.users.post_api_keys("me", 2_592_000, "month").active
