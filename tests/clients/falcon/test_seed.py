"""Every operation of the seed under its PEP 8 name, its operation id and the Uber class, in dictionary
and in pythonic mode; and the seed document's examples as they are written."""

from __future__ import annotations

import pytest
from falcon_people import fresh_uid, good

# Each operation: the name of the method, the operation id, the status, what the method takes, what the
# Uber class takes. `{uuid}`, `{uid}`, `{cid}` and `{role}` are filled in.
OPERATIONS = [
    ("get_roles", "GetRoles", 200, {"ids": "{role}"}, None),
    ("get_user_grants", "CombinedUserRolesV2", 200, {"user_uuid": "{uuid}", "cid": "{cid}", "direct_only": True, "filter": "role_id:'{role}'", "limit": 50, "offset": 0, "sort": "role_name|asc"}, None),
    ("get_user_grants_v1", "combinedUserRolesV1", 200, {"user_uuid": "{uuid}", "cid": "{cid}", "direct_only": False, "filter": "role_name:*'Event*'", "limit": 500, "offset": 0, "sort": "cid"}, None),
    ("get_roles_mssp", "entitiesRolesGETV2", 200, {"ids": "{role}", "cid": "{cid}"}, {"body": {"ids": ["{role}"]}, "cid": "{cid}"}),
    ("get_roles_mssp_v1", "entitiesRolesV1", 200, {"ids": "{role}", "cid": "{cid}"}, None),
    ("query_roles", "queriesRolesV1", 200, {"user_uuid": "{uuid}", "cid": "{cid}", "action": "grant"}, {"parameters": {"action": "grant", "cid": "{cid}", "user_uuid": "{uuid}"}}),
    ("user_action", "userActionV1", 200, {"action_name": "reset_2fa", "ids": "{uuid}"}, {"body": {"action": {"action_name": "reset_2fa"}, "ids": ["{uuid}"]}}),
    ("user_roles_action", "userRolesActionV1", 200, {"action": "grant", "cid": "{cid}", "role_ids": ["{role}"], "uuid": "{uuid}"}, {"body": {"action": "grant", "cid": "{cid}", "role_ids": ["{role}"], "uuid": "{uuid}"}}),
    ("grant_user_role_ids", "GrantUserRoleIds", 200, {"user_uuid": "{uuid}", "role_ids": "{role}"}, {"user_uuid": "{uuid}", "body": {"roleIds": ["{role}"]}}),
    ("revoke_user_role_ids", "RevokeUserRoleIds", 200, {"user_uuid": "{uuid}", "ids": "{role}"}, None),
    ("get_available_role_ids", "GetAvailableRoleIds", 200, {}, None),
    ("get_user_role_ids", "GetUserRoleIds", 200, {"user_uuid": "{uuid}"}, None),
    ("query_users", "queryUserV1", 200, {"filter": "uid:'{uid}'", "limit": 10, "offset": 0, "sort": "first_name|asc"}, None),
    ("retrieve_user", "RetrieveUser", 200, {"ids": "{uuid}"}, None),
    ("retrieve_users", "retrieveUsersGETV1", 200, {"ids": "{uuid}"}, {"body": {"ids": ["{uuid}"]}}),
    ("create_user", "CreateUser", 201, {"uid": "{new}", "first_name": "Ada", "last_name": "Lovelace", "password": "Cobalt-Lantern-73!"}, {"body": {"uid": "{new}", "firstName": "Ada", "lastName": "Lovelace"}}),
    ("create_user_mssp", "createUserV1", 201, {"uid": "{new}", "cid": "{cid}", "first_name": "Ada", "last_name": "Lovelace", "password": "Cobalt-Lantern-73!"}, {"body": {"uid": "{new}", "first_name": "Ada"}}),
    ("update_user", "UpdateUser", 200, {"user_uuid": "{uuid}", "first_name": "Ada", "last_name": "Byron"}, {"user_uuid": "{uuid}", "body": {"firstName": "Ada"}}),
    ("update_user_mssp", "updateUserV1", 200, {"user_uuid": "{uuid}", "first_name": "Ada", "last_name": "Byron"}, {"user_uuid": "{uuid}", "body": {"first_name": "Ada"}}),
    ("retrieve_emails_by_cid", "RetrieveEmailsByCID", 200, {}, None),
    ("retrieve_user_uuids_by_cid", "RetrieveUserUUIDsByCID", 200, {}, None),
    ("retrieve_user_uuid", "RetrieveUserUUID", 200, {"uid": "{uid}"}, None),
    ("delete_user", "DeleteUser", 200, {"user_uuid": "{uuid}"}, None),
    ("delete_user_mssp", "deleteUserV1", 200, {"user_uuid": "{uuid}"}, None),
]  # fmt: skip


def filled(value, known):
    if isinstance(value, dict):
        return {key: filled(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, known) for inner in value]
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace("{" + name + "}", text)
    return value


def test_no_operation_of_the_seed_is_left_out():
    assert len(OPERATIONS) == 24 and len({name for name, *_ in OPERATIONS}) == 24


@pytest.fixture
def known(make_person, cid):
    def make():
        person = make_person()
        return {
            "uuid": person["uuid"],
            "uid": person["uid"],
            "cid": cid,
            "role": "event_viewer",
            "new": fresh_uid("seed"),
        }

    return make


@pytest.mark.parametrize("name, operation, status, fields, body", OPERATIONS, ids=[name for name, *_ in OPERATIONS])
def test_operations_by_every_name_and_mode(owner, falcon, uber, known, name, operation, status, fields, body):
    body = fields if body is None else body
    pythonic, pythonic_uber = owner.users(pythonic=True), owner.uber(pythonic=True)
    calls = {
        "method": lambda it: getattr(falcon, name)(**filled(fields, it)),
        "operation id": lambda it: getattr(falcon, operation)(**filled(fields, it)),
        "uber": lambda it: uber.command(operation, **filled(body, it)),
        "uber by keyword": lambda it: uber.command(api_operation=operation, **filled(body, it)),
    }
    shapes = set()
    for call in calls.values():
        answer = call(known())
        resources = good(answer, status)
        if resources is None:
            shapes.add(None)
        elif resources and isinstance(resources[0], dict):
            shapes.add(frozenset(resources[0]))
        assert isinstance(answer["headers"], dict)
    assert len(shapes) <= 1, shapes
    for result in (
        getattr(pythonic, name)(**filled(fields, known())),
        pythonic_uber.command(operation, **filled(body, known())),
    ):
        assert result.status_code == status and not list(result.errors)
        assert result.trace_id and isinstance(result.query_time, float)


def test_names_of_later_clients(falcon, make_person, cid):
    """Names that the current client has beside the seed's."""
    person = make_person()
    good(falcon.grant_user_role_ids(user_uuid=person["uuid"], role_ids=["event_viewer"]))
    expected = good(falcon.get_user_grants(person["uuid"]))
    for name in ("get_user_roles", "get_user_roles_combined", "CombinedUserRolesV2"):
        assert good(getattr(falcon, name)(person["uuid"])) == expected
    assert good(falcon.queryRolesV1(cid=cid)) == good(falcon.query_roles(cid=cid))


def test_what_the_uber_class_sends_with_reads_is_ignored(uber):
    # It sends `{}` with every GET and DELETE.
    assert good(uber.command("GetAvailableRoleIds"))
    assert good(uber.command("retrieveUser", ids=[good(uber.command("queryUserV1", limit=1))[0]]))


def test_the_seeds_examples_run_as_written(owner):
    """The document's examples, with an address, a key and this server's ids in the place of "string"."""
    from falconpy import APIHarnessV2, UserManagement

    CLIENT_ID, CLIENT_SECRET, BASE_URL = owner.client_id, owner.client_secret, owner.base_url
    UID = fresh_uid("example")

    # Do not hardcode API credentials!
    falcon = UserManagement(client_id=CLIENT_ID,
                            client_secret=CLIENT_SECRET,
                            base_url=BASE_URL
                            )
    response = falcon.create_user_mssp(first_name="string",
                                       last_name="string",
                                       uid=UID
                                       )
    assert good(response, 201)[0]["first_name"] == "string"
    falcon = APIHarnessV2(client_id=CLIENT_ID,
                          client_secret=CLIENT_SECRET,
                          base_url=BASE_URL
                          )
    BODY = {
        "firstName": "string",
        "lastName": "string",
        "uid": fresh_uid("example")
    }
    response = falcon.command("createUserV1", body=BODY)
    made = good(response, 201)[0]
    assert made["last_name"] == "string"
    BODY = {
        "firstName": "string",
        "lastName": "string"
    }
    response = falcon.command("updateUserV1", user_uuid=made["uuid"], body=BODY)
    assert good(response)[0]["first_name"] == "string"
    response = falcon.command("UpdateUser", user_uuid=made["uuid"], body=BODY)
    assert good(response)[0]["firstName"] == "string"
    BODY = {
        "roleIds": ["event_viewer"]
    }
    response = falcon.command("GrantUserRoleIds", user_uuid=made["uuid"], body=BODY)
    assert good(response) == ["event_viewer"]
    # The document's own example of this never leaves the client, which takes `action` for the
    # operation's name.
    response = falcon.command("queriesRolesV1", action="grant")
    assert response["status_code"] == 418
    response = falcon.command("DeleteUser", user_uuid=made["uuid"])
    assert response["status_code"] == 200
