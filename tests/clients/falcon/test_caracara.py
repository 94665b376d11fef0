"""A second client: caracara's users module, over the address as its cloud's name."""

from __future__ import annotations

import caracara
import pytest
from caracara.common.exceptions import GenericAPIError
from falcon_people import fresh_uid, good


@pytest.fixture(scope="module")
def users(owner):
    client = caracara.Client(
        client_id=owner.client_id, client_secret=owner.client_secret, cloud_name=owner.base_url
    )
    return client.users


def test_people_are_described_page_by_page(users, falcon):
    uuids = users.get_user_uuids()
    assert sorted(uuids) == sorted(set(uuids)) and set(uuids) >= set(good(falcon.query_users(limit=500))[:50])
    described = users.describe_users()
    assert set(described) >= set(uuids)
    person = described[uuids[0]]
    assert {"uuid", "uid", "first_name", "last_name", "created_at", "updated_at", "status", "roles"} <= set(person)
    one = users.describe_users(filters=f"uid:'{person['uid']}'")
    assert list(one) == [person["uuid"]] and one[person["uuid"]]["roles"] == person["roles"]


def test_roles_are_described(users):
    described = users.describe_available_roles()
    assert described["event_viewer"]["display_name"] == "Event Viewer"
    assert all({"id", "display_name", "description", "is_global"} <= set(role) for role in described.values())


def test_people_are_added_given_roles_and_deleted(users, falcon):
    uid = fresh_uid("cara")
    uuid = users.add_user("Cara", "Cara", uid)["uuid"]
    assert users.get_uuid_by_email(uid) == uuid
    assert users.add_user_roles(uuid, ["event_viewer", "help_desk"])
    assert users.describe_users(user_uuids=[uuid])[uuid]["roles"] == ["event_viewer", "help_desk"]
    assert {row["role_id"] for row in users.get_assigned_user_roles([uuid])} == {"event_viewer", "help_desk"}
    assert not users.add_user_roles(uuid, ["falcon_administrator"])
    with pytest.raises(GenericAPIError):
        users.add_user("Cara", "Again", uid)
    assert users.delete_user(uuid)
    assert not users.delete_user(uuid)
    assert good(falcon.retrieve_users(ids=[uuid])) == []
    with pytest.raises(GenericAPIError):
        users.get_uuid_by_email(uid)
