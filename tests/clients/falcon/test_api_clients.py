"""API clients: made, listed, limited by their scopes, given another secret, deleted."""

from __future__ import annotations

import pytest
from conftest import number_of
from falcon_people import Client, bad, fresh_uid, good, numbers

FORBIDDEN = "access denied, authorization failed"


@pytest.fixture(scope="module")
def clients(owner):
    return owner.clients()


@pytest.fixture
def make_client(owner, clients):
    """Makes API clients with these scopes: gives the object, and the client to use."""

    def make(*scopes, by=None):
        name = f"client {next(numbers)}"
        made = good((by or clients).create_api_client(name=name, description="d", scopes=list(scopes)), 201)[0]
        return made, Client(owner.base_url, made["client_id"], made["client_secret"])

    return make


def test_scopes(clients):
    scopes = good(clients.get_accessible_scopes())
    assert all(set(scope) == {"id", "action", "group"} for scope in scopes)
    assert {(scope["group"], scope["action"]) for scope in scopes} >= {
        ("User management", "read"), ("User management", "write"), ("Flight Control", "read"), ("Flight Control", "write"),
        ("Sensor download", "read"),
    }  # fmt: skip


def test_made_read_changed_deleted(clients, cid, make_client):
    made, client = make_client("user-management:read")
    assert len(made["client_id"]) == 32 and made["id"] == made["client_id"] and len(made["client_secret"]) == 40
    assert (made["description"], made["scopes"], made["cid"]) == ("d", ["user-management:read"], cid)
    shown = good(clients.get_api_clients(ids=[made["id"]]))
    assert shown == [{key: value for key, value in made.items() if key != "client_secret"}]
    assert made["id"] in good(clients.get_all_api_client_ids_for_customer(limit=100, offset=0, sort="created_timestamp"))
    bad(clients.create_api_client(name=made["name"].upper(), scopes=["user-management:read"]), 409, "already exists")
    changed = clients.update_api_client(ids=made["id"], name="renamed" + made["id"], scopes=["flight-control:read"])
    assert good(changed)[0]["scopes"] == ["flight-control:read"] and good(changed)[0]["description"] == "d"
    bad(client.users().query_users(), 403, FORBIDDEN)
    assert good(client.control().query_children())
    assert good(clients.delete_api_clients(ids=[made["id"]]), 202) == [made["id"]]
    for gone in (
        clients.get_api_clients(ids=[made["id"]]),
        clients.delete_api_clients(ids=[made["id"]]),
        clients.update_api_client(ids=made["id"], name="x"),
        clients.reset_api_client_secret(ids=[made["id"]], action_name="reset_secret"),
    ):
        bad(gone, 404)
    assert client.users().token_status == 403


def test_scopes_bind(make_client, make_person):
    person = make_person()
    _, reader = make_client("user-management:read")
    users, control = reader.users(), reader.control()
    assert good(users.query_users(limit=1)) and good(users.get_available_role_ids())
    assert good(users.retrieve_users(ids=[person["uuid"]])) and good(users.get_user_grants(person["uuid"])) == []
    assert good(users.aggregate_users(field="status", name="s", type="terms"))
    for refused in (
        users.create_user_mssp(uid=fresh_uid()),
        users.update_user(user_uuid=person["uuid"], first_name="x"),
        users.delete_user(user_uuid=person["uuid"]),
        users.user_action(action_name="reset_2fa", ids=person["uuid"]),
        users.grant_user_role_ids(user_uuid=person["uuid"], role_ids=["event_viewer"]),
        control.query_children(),
        reader.sensors().get_sensor_installer_ccid(),
        reader.clients().get_accessible_scopes(),
        reader.clients().create_api_client(name="x", scopes=["user-management:write"]),
    ):
        bad(refused, 403, FORBIDDEN)
    _, writer = make_client("user-management:write")
    good(writer.users().update_user(user_uuid=person["uuid"], first_name="Written"))
    bad(writer.users().query_users(), 403, FORBIDDEN)
    _, sensor = make_client("sensor-installers:read")
    assert good(sensor.sensors().get_sensor_installer_ccid())
    bad(sensor.users().query_users(), 403, FORBIDDEN)


def test_a_client_hands_on_no_more_than_it_has(make_client):
    _, maker = make_client("api-clients:write", "api-clients:read", "user-management:read")
    theirs = maker.clients()
    ids = {scope["id"] for scope in good(theirs.get_accessible_scopes())}
    assert ids == {"api-clients:write", "api-clients:read", "user-management:read"}
    made, _ = make_client("user-management:read", by=theirs)
    assert made["scopes"] == ["user-management:read"]
    bad(theirs.create_api_client(name=f"more {next(numbers)}", scopes=["user-management:write"]), 403)
    bad(theirs.update_api_client(ids=made["id"], scopes=["flight-control:write"]), 403)


def test_a_client_is_its_creators(native, as_person, make_client, falcon, cid):
    boss, person = as_person("falconhost_admin")
    made, client = make_client("user-management:read", by=boss.clients())
    assert made["created_by"] == person["uid"]
    users = client.users()
    assert good(users.query_users(limit=1))
    good(falcon.user_roles_action(action="revoke", cid=cid, role_ids=["falconhost_admin"], uuid=person["uuid"]))
    bad(users.query_users(limit=1), 403, FORBIDDEN)
    native.delete(f"/users/{number_of(native, person)}")
    bad(users.query_users(limit=1), 401)
    assert client.users().token_status == 403


def test_another_secret(clients, make_client):
    made, client = make_client("user-management:read")
    users = client.users()
    assert good(users.query_users(limit=1))
    fresh = good(clients.reset_api_client_secret(ids=[made["id"]], action_name="reset_secret"), 201)[0]
    assert fresh["id"] == made["id"] and fresh["client_secret"] != made["client_secret"]
    bad(users.query_users(limit=1), 401)
    assert client.users().token_status == 403
    again = Client(client.base_url, made["client_id"], fresh["client_secret"])
    assert good(again.users().query_users(limit=1))
    bad(clients.reset_api_client_secret(ids=[made["id"]], action_name="dance"), 400, "dance")


@pytest.mark.parametrize(
    "body, text",
    [
        ({}, "name"),
        ({"name": "x"}, "scopes"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "everything"),
        ({"name": "a\nb", "scopes": ["user-management:read"]}, "name"),
        ({"name": "x" * 300, "scopes": ["user-management:read"]}, "name"),
        ({"name": 5, "scopes": ["user-management:read"]}, "name"),
    ],
)
def test_what_cannot_be_made(clients, body, text):
    bad(clients.create_api_client(body=body), 400, text)


def test_clients_are_listed_by_customer(owner, clients, children, make_client):
    made, _ = make_client("user-management:read")
    below = owner.clients(member_cid=next(iter(children.values())))
    there, inside = make_client("user-management:read", by=below)
    assert made["id"] not in good(below.get_all_api_client_ids_for_customer(limit=500))
    assert there["id"] not in good(clients.get_all_api_client_ids_for_customer(limit=500))
    bad(below.get_api_clients(ids=[made["id"]]), 404)
    # Its own tokens never leave the customer it was made in.
    found = good(inside.users().query_users(limit=500))
    listed = good(inside.users().retrieve_users(ids=found))
    assert {person["cid"] for person in listed} == {next(iter(children.values()))}


def test_a_client_opens_no_other_api(make_native, make_client):
    _, client = make_client("user-management:read")
    make_native(client.client_secret).get("/me", status=401)
