"""Older releases of the vendor's client: what they can do, in the order scripts do it."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from falconpy import UserManagement

RELEASE = tuple(int(part) for part in version("crowdstrike-falconpy").split("."))
ROLES = ["event_viewer", "help_desk"]


@pytest.fixture(scope="module")
def falcon(usher):
    env = usher.env
    return UserManagement(
        creds={"client_id": env["FALCON_CLIENT_ID"], "client_secret": env["FALCON_CLIENT_SECRET"]},
        base_url=env["FALCON_BASE_URL"],
    )


def resources(answer, status=200):
    assert answer["status_code"] == status, answer
    assert not answer["body"]["errors"], answer
    return answer["body"].get("resources")


def test_a_person_from_beginning_to_end(falcon):
    uid = "older@falcon.example.org"
    everybody = resources(falcon.retrieve_user_uuids_by_cid())
    assert len(resources(falcon.retrieve_emails_by_cid())) == len(everybody)
    assert falcon.retrieve_user_uuid(uid=uid)["status_code"] == 404
    body = {"firstName": "Ada", "lastName": "Lovelace", "password": "Cobalt-Lantern-73!", "uid": uid}
    made = resources(falcon.create_user(body=body), 201)[0]
    assert (made["firstName"], made["lastName"], made["uid"]) == ("Ada", "Lovelace", uid)
    uuid = resources(falcon.retrieve_user_uuid(uid=uid))[0]
    assert uuid == made["uuid"] and uuid in resources(falcon.retrieve_user_uuids_by_cid())
    changed = falcon.update_user(parameters={"user_uuid": uuid}, body={"firstName": "Ada", "lastName": "King"})
    assert resources(changed)[0]["lastName"] == "King"
    assert set(ROLES) <= set(resources(falcon.get_available_role_ids()))
    assert [role["id"] for role in resources(falcon.get_roles(ids=ROLES))] == ROLES
    granted = falcon.grant_user_role_ids(parameters={"user_uuid": uuid}, body={"roleIds": ROLES})
    assert resources(granted) == ROLES
    assert resources(falcon.get_user_role_ids(parameters={"user_uuid": uuid})) == ROLES
    revoked = falcon.revoke_user_role_ids(parameters={"user_uuid": uuid, "ids": ROLES[:1]})
    assert resources(revoked) == ROLES[:1]
    assert resources(falcon.get_user_role_ids(parameters={"user_uuid": uuid})) == ROLES[1:]
    assert resources(falcon.retrieve_user(ids=[uuid]))[0]["uid"] == uid
    assert falcon.delete_user(parameters={"user_uuid": uuid})["status_code"] == 200
    assert falcon.retrieve_user(ids=[uuid])["status_code"] == 404


def test_what_the_release_knows_of_the_newer_operations(falcon):
    if not hasattr(falcon, "query_users"):
        # Releases before 1.2 know the older operations alone.
        assert hasattr(falcon, "RetrieveUserUUIDsByCID")
        return
    uuids = resources(falcon.query_users(limit=500))
    people = resources(falcon.retrieve_users(ids=uuids))
    assert {person["uuid"] for person in people} == set(uuids)
    owner = next(person for person in people if resources(falcon.get_user_grants(user_uuid=person["uuid"])))
    grants = resources(falcon.get_user_grants(user_uuid=owner["uuid"], cid=owner["cid"]))
    assert {"uuid", "cid", "role_id", "role_name", "grant_type"} <= set(grants[0])
    assert resources(falcon.get_roles_mssp(ids=ROLES))[0]["id"] == ROLES[0]
    assert set(ROLES) <= set(resources(falcon.query_roles()))
    made = resources(falcon.create_user_mssp(uid="older-mssp@falcon.example.org", first_name="Ada"), 201)[0]
    done = falcon.user_roles_action(action="grant", cid=made["cid"], role_ids=ROLES, uuid=made["uuid"])
    assert done["status_code"] == 200
    # Releases before 1.5.5 wrap the action their keywords name in a list, which no server reads; a whole body works.
    expected = 400 if RELEASE < (1, 5, 5) else 200
    assert falcon.user_action(action_name="reset_2fa", ids=[made["uuid"]])["status_code"] == expected
    action = {"action": {"action_name": "reset_2fa"}, "ids": [made["uuid"]]}
    assert falcon.user_action(body=action)["status_code"] == 200
    assert falcon.delete_user_mssp(user_uuid=made["uuid"])["status_code"] == 200
