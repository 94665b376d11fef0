"""Tokens, scopes, limits: who gets in, how far, and how it ends."""

from __future__ import annotations

import base64
import time

import falconpy
import pytest
import requests
from conftest import number_of
from falcon_people import Client, bad, client_of, fresh_uid, good, owners_client

DENIED = "access denied, invalid bearer token"
FORBIDDEN = "access denied, authorization failed"


def post(client: Client, path: str, **form):
    return requests.post(f"{client.base_url}{path}", data=form, timeout=30)


def test_a_token(owner):
    answer = post(owner, "/oauth2/token", client_id=owner.client_id, client_secret=owner.client_secret)
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"access_token", "expires_in", "token_type"}
    assert body["expires_in"] == 1799 and body["token_type"] == "bearer"
    assert "X-Cs-Region" not in answer.headers
    upper = post(owner, "/oauth2/token", client_id=owner.client_id.upper(), client_secret=owner.client_secret)
    assert upper.status_code == 201


def test_the_client_logs_in_and_out(owner):
    auth = owner.auth()
    assert auth.login()["status_code"] == 201 and auth.token_status == 201
    users = falconpy.UserManagement(auth_object=auth)
    token = auth.token_value
    assert good(users.query_users(limit=1))
    assert auth.logout()["status_code"] == 200
    stale = falconpy.UserManagement(access_token=token, base_url=owner.base_url)
    answer = stale.query_users()
    bad(answer, 401, DENIED)
    assert answer["body"]["meta"]["powered_by"] == "crowdstrike-api-gateway"
    assert "resources" not in answer["body"]


def test_revoking_answers_alike_whatever_the_token(owner):
    auth = owner.auth()
    auth.login()
    for token in (auth.token_value, auth.token_value, "nonsense"):
        revoked = owner.auth().revoke(token=token)
        assert revoked["status_code"] == 200 and revoked["body"]["errors"] == []
    assert owner.auth().revoke(token="x", client_id=owner.client_id)["status_code"] == 200
    basic = base64.b64encode(f"{owner.client_id}:wrong".encode()).decode()
    refused = requests.post(
        f"{owner.base_url}/oauth2/revoke", data={"token": "x"}, headers={"Authorization": f"basic {basic}"}, timeout=30
    )
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "client_id, secret, status, text",
    [
        ("{id}", "0" * 40, 403, "Failed to issue access token - Client authentication"),
        ("f" * 32, "{secret}", 403, "Failed to issue access token - Client authentication"),
        ("f" * 32, "0" * 40, 403, "Failed to issue access token - Client authentication"),
        ("{id}", "", 403, "Failed to issue access token"),
        ("nonsense", "{secret}", 400, "Failed to generate access token for clientID=nonsense"),
        ("", "", 400, "Failed to generate access token for clientID="),
    ],
)
def test_wrong_credentials(owner, client_id, secret, status, text):
    client_id = client_id.replace("{id}", owner.client_id)
    secret = secret.replace("{secret}", owner.client_secret)
    answer = post(owner, "/oauth2/token", client_id=client_id, client_secret=secret)
    assert answer.status_code == status
    assert text in answer.json()["errors"][0]["message"]
    if client_id and secret:
        users = Client(owner.base_url, client_id, secret).users()
        assert users.token_status == status and text in users.token_fail_reason
        bad(users.query_users(), 401, DENIED)


def test_a_key_is_no_token(owner):
    users = falconpy.UserManagement(access_token=owner.client_secret, base_url=owner.base_url)
    bad(users.query_users(), 401, DENIED)


def test_pythonic_results_and_exceptions(owner):
    users = owner.users(pythonic=True)
    found = users.query_users(limit=2)
    assert (found.status_code, found.limit, found.offset, len(found.data)) == (200, 2, 0, 2)
    assert found.total > 2 and found.trace_id and isinstance(found.query_time, float) and not list(found.errors)
    assert found.data == list(found)
    with pytest.raises(falconpy.APIError) as raised:
        users.query_users(filter="colour:'red'")
    assert raised.value.code == 400 and raised.value.message.startswith("ERROR: invalid filter")
    with pytest.raises(falconpy.APIError) as raised:
        users.delete_user("11111111-2222-4333-8444-555555555555")
    assert raised.value.code == 404


def test_rate_headers_count_down_by_client(owner, make_usher):
    answer = owner.uber(pythonic=True).command("queryUserV1", limit=1)
    assert int(answer.headers.ratelimit_limit) == 6000 and answer.headers.content_type == "application/json"
    # A limit that comes back by one a second, so that a slow machine does not hide what was taken of it.
    slow = owners_client(make_usher(args=["--limits-per-key", "60"]))
    uber = slow.uber(pythonic=True)
    left = [int(uber.command("queryUserV1", limit=1).headers.ratelimit_remaining) for _ in range(8)]
    assert 0 < left[-1] < left[0] < 60
    # Another token of the client's does not begin anew.
    again = slow.uber(pythonic=True).command("queryUserV1", limit=1)
    assert int(again.headers.ratelimit_remaining) < left[0]


def test_unknown_routes_and_methods(owner):
    auth = owner.auth()
    auth.login()
    token = auth.token_value
    for method, path, status in [
        ("GET", "/nowhere/v1", 404),
        ("GET", "/user-management/queries/users/v9", 404),
        ("PUT", "/user-management/queries/users/v1", 405),
    ]:
        answer = requests.request(
            method, f"{owner.base_url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        assert answer.status_code == status
        assert answer.json()["errors"][0]["code"] == status and answer.headers["Content-Type"] == "application/json"


def test_doubled_slashes_are_folded(owner):
    auth = owner.auth()
    auth.login()
    token = auth.token_value
    answer = requests.get(
        f"{owner.base_url}//users/queries/user-uuids-by-cid/v1?&", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    assert answer.status_code == 200 and answer.json()["resources"]


def test_child_tokens_see_their_customer_alone(owner, falcon, cid, children, make_person):
    names = list(children)
    one, two = children[names[0]], children[names[1]]
    here, there, elsewhere = make_person(cid=one), make_person(cid=two), make_person()
    below = owner.users(member_cid=one)
    assert good(owner.sensors(member_cid=one).get_sensor_installer_ccid())[0][:-3].lower() == one
    assert good(below.retrieve_users(ids=[here["uuid"], there["uuid"], elsewhere["uuid"]]))[0]["uuid"] == here["uuid"]
    assert len(good(below.retrieve_users(ids=[here["uuid"], there["uuid"], elsewhere["uuid"]]))) == 1
    for hidden in (there, elsewhere):
        bad(below.get_user_grants(hidden["uuid"]), 400, "invalid user uuid")
        bad(below.delete_user_mssp(user_uuid=hidden["uuid"]), 400, "invalid user uuid")
        bad(below.update_user(user_uuid=hidden["uuid"], first_name="x"), 404)
    for outside in (cid, two, "f" * 32):
        bad(below.create_user_mssp(cid=outside, uid=fresh_uid()), 403)
        refused = below.user_roles_action(action="grant", cid=outside, role_ids=["event_viewer"], uuid=here["uuid"])
        bad(refused, 403)
        bad(below.get_user_grants(here["uuid"], cid=outside), 403)
    made = good(below.create_user_mssp(uid=fresh_uid()), 201)[0]
    assert made["cid"] == one
    found = good(below.query_users(limit=500))
    assert made["uuid"] in found and here["uuid"] in found and there["uuid"] not in found
    listed = good(below.retrieve_users(ids=found))
    assert {person["cid"] for person in listed} == {one}


@pytest.mark.parametrize("member", ["f" * 32, "nonsense"])
def test_no_token_for_a_stranger_customer(owner, member):
    answer = post(
        owner, "/oauth2/token", client_id=owner.client_id, client_secret=owner.client_secret, member_cid=member
    )
    assert answer.status_code in (400, 403) and "access_token" not in answer.json()


def test_people_without_a_role_get_no_token(usher, native, make_person):
    person = make_person()
    client = client_of(usher, native, number_of(native, person))
    users = client.users()
    assert users.token_status == 403 and FORBIDDEN in users.token_fail_reason


def test_a_role_that_sees_nobody_but_oneself(as_person, make_person):
    client, person = as_person("event_viewer")
    theirs = client.users()
    other = make_person()
    assert good(theirs.query_users()) == [person["uuid"]]
    assert [one["uuid"] for one in good(theirs.retrieve_users(ids=[other["uuid"], person["uuid"]]))] == [person["uuid"]]
    assert [row["role_id"] for row in good(theirs.get_user_grants(person["uuid"]))] == ["event_viewer"]
    bad(theirs.get_user_grants(other["uuid"]), 400, "invalid user uuid")
    for refused in (
        theirs.create_user_mssp(uid=fresh_uid()),
        theirs.update_user_mssp(user_uuid=other["uuid"], first_name="x"),
        theirs.delete_user_mssp(user_uuid=other["uuid"]),
        theirs.user_action(action_name="reset_password", ids=other["uuid"]),
        theirs.grant_user_role_ids(user_uuid=other["uuid"], role_ids=["event_viewer"]),
        theirs.get_available_role_ids(),
        client.control().query_children(),
        client.control().create_user_groups(name="x"),
    ):
        bad(refused, 403, FORBIDDEN)


def test_a_reader_changes_nothing(as_person, make_person):
    client, _ = as_person("falconhost_read_only")
    theirs, other = client.users(), make_person()
    assert len(good(theirs.query_users())) > 1 and good(theirs.get_available_role_ids())
    assert good(theirs.retrieve_users(ids=[other["uuid"]]))[0]["uid"] == other["uid"]
    for refused in (
        theirs.create_user(uid=fresh_uid()),
        theirs.update_user(user_uuid=other["uuid"], first_name="x"),
        theirs.delete_user(user_uuid=other["uuid"]),
        theirs.revoke_user_role_ids(user_uuid=other["uuid"], ids=["event_viewer"]),
    ):
        bad(refused, 403, FORBIDDEN)


def test_an_organisation_administrator_administers_it_alone(falcon, native, children, make_person, as_person):
    child = next(iter(children.values()))
    client, chief = as_person("falconhost_admin", where=child, cid=child)
    theirs, outside = client.users(), make_person()
    assert good(client.sensors().get_sensor_installer_ccid())[0][:-3].lower() == child
    made = good(theirs.create_user_mssp(uid=fresh_uid()), 201)[0]
    assert made["cid"] == child
    good(theirs.grant_user_role_ids(user_uuid=made["uuid"], role_ids=["event_viewer"]))
    assert outside["uuid"] not in good(theirs.query_users(limit=500))
    bad(theirs.get_user_grants(outside["uuid"]), 400, "invalid user uuid")
    bad(theirs.create_user_mssp(uid=fresh_uid(), cid="f" * 32), 403)
    bad(theirs.delete_user(user_uuid=outside["uuid"]), 404)
    assert theirs.delete_user(user_uuid=made["uuid"])["status_code"] == 200


def test_a_read_only_key(usher, native, falcon, cid, make_person):
    person = make_person()
    good(falcon.user_roles_action(action="grant", cid=cid, role_ids=["falconhost_admin"], uuid=person["uuid"]))
    client = client_of(usher, native, number_of(native, person), read_only=True)
    theirs = client.users()
    assert theirs.token_status == 201 and good(theirs.query_users(limit=1))
    assert good(theirs.retrieve_users(ids=[person["uuid"]]))
    bad(theirs.create_user_mssp(uid=fresh_uid()), 403, FORBIDDEN)
    bad(theirs.delete_user(user_uuid=person["uuid"]), 403, FORBIDDEN)
    auth = client.auth()
    auth.login()
    assert auth.logout()["status_code"] == 200


def test_an_expired_key(usher, native, falcon, cid, make_person):
    person = make_person()
    good(falcon.user_roles_action(action="grant", cid=cid, role_ids=["falconhost_admin"], uuid=person["uuid"]))
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    client = client_of(usher, native, number_of(native, person), expires_at=soon)
    theirs = client.users()
    assert good(theirs.query_users(limit=1))
    time.sleep(3.5)
    bad(theirs.query_users(limit=1), 401, DENIED)
    assert client.users().token_status == 403


def test_a_suspended_person_is_out_at_once_and_in_again(native, as_person):
    client, person = as_person("falconhost_read_only")
    theirs, number = client.users(), number_of(native, person)
    assert good(theirs.query_users(limit=1))
    native.patch(f"/users/{number}", {"status": "suspended"})
    bad(theirs.query_users(limit=1), 401, DENIED)
    assert client.users().token_status == 403
    native.patch(f"/users/{number}", {"status": "active"})
    assert good(client.users().query_users(limit=1))


def test_first_run_states_the_client(make_usher):
    server = make_usher(demo=False)
    client = owners_client(server)
    assert client.base_url == f"{server.url}/falcon"
    assert len(client.client_id) == 32 and len(client.client_secret) == 40
    assert good(client.users().query_users()) == [server.native.get("/users/1")["id"]]
