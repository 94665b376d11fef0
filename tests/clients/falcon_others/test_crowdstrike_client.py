"""crowdstrike-client: a small client of other people's, which reads users and sends what it is given."""

from __future__ import annotations

import json

import pytest
from crowdstrikeclient import CrowdStrike


@pytest.fixture(scope="module")
def client(usher):
    # Its paths begin with a slash or not, so the address must end with one, and some are asked for with two.
    address = usher.env["FALCON_BASE_URL"].rstrip("/") + "/"
    return CrowdStrike(address, usher.env["FALCON_CLIENT_ID"], usher.env["FALCON_CLIENT_SECRET"], address)


def test_users_are_read(client):
    uuids = client.UsersQueriesUser_uuids_by_cid()["resources"]
    assert len(uuids) > 1
    # A list of ids ends in `&`, and one id alone does not.
    for ids, found in [(uuids[:2], uuids[:2]), (uuids[0], uuids[:1])]:
        read = client.UsersEntitiesUsers(ids)
        assert read["errors"] == []
        assert [user["uuid"] for user in read["resources"]] == found
        assert all({"uid", "firstName", "lastName", "customer"} <= set(user) for user in read["resources"])


def test_the_customer_is_learnt(client):
    [ccid] = client.SensorsQueriesInstallersCcid()["resources"]
    assert len(ccid) == 35 and ccid == ccid.upper()


def test_a_person_by_its_ways_out(client):
    new = {"uid": "csc@falcon.example.org", "firstName": "Cora", "lastName": "Client"}
    made = json.loads(client.PostAPI("users/entities/users/v1", new))["resources"][0]
    change = {"firstName": "Cora", "lastName": "King"}
    changed = json.loads(client.PatchAPI(f"users/entities/users/v1?user_uuid={made['uuid']}", change))
    assert changed["resources"][0]["lastName"] == "King"
    roles = {"roleIds": ["event_viewer"]}
    granted = json.loads(client.PostAPI(f"user-roles/entities/user-roles/v1?user_uuid={made['uuid']}", roles))
    assert granted["resources"] == ["event_viewer"]
    held = client.GetAPI(f"user-roles/queries/user-role-ids-by-user-uuid/v1?user_uuid={made['uuid']}")
    assert json.loads(held)["resources"] == ["event_viewer"]


def test_it_ends_its_token(usher):
    address = usher.env["FALCON_BASE_URL"].rstrip("/") + "/"
    client = CrowdStrike(address, usher.env["FALCON_CLIENT_ID"], usher.env["FALCON_CLIENT_SECRET"], address)
    assert client.UsersQueriesUser_uuids_by_cid()["resources"]
    client.Close()
    assert client.GetToken() is None
    refused = client.UsersQueriesUser_uuids_by_cid()
    assert refused["errors"][0]["code"] == 401
