"""What the vendor's sample programs for users do, in their order: they join answers without checks, and
rely on statuses, keys and absences."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from falcon_people import Client, fresh_uid


def test_a_list_of_people_is_made_true(owner):
    """As bulk_user: reads everybody with their roles, then makes, changes and deletes people by list."""
    falcon = owner.users()
    uuids = falcon.retrieve_user_uuids_by_cid()["body"]["resources"]
    people = falcon.retrieve_user(ids=uuids)["body"]["resources"]
    assert sorted(person["uuid"] for person in people) == sorted(uuids)
    for person in people[:5]:
        roles = falcon.get_user_role_ids(user_uuid=person["uuid"])
        assert roles["status_code"] == 200 and isinstance(roles["body"]["resources"], list)
        assert {"uid", "firstName", "lastName"} <= set(person)
    wanted = {"uid": fresh_uid("bulk"), "first_name": "Bulk", "last_name": "Made"}
    assert "resources" not in falcon.retrieve_user_uuid(uid=wanted["uid"])["body"]
    assert falcon.create_user(**wanted)["status_code"] == 201
    uuid = falcon.retrieve_user_uuid(uid=wanted["uid"])["body"]["resources"][0]
    assert falcon.grant_user_role_ids(user_uuid=uuid, role_ids=["event_viewer", "help_desk"])["status_code"] == 200
    held = falcon.get_user_role_ids(user_uuid=uuid)["body"]["resources"]
    assert falcon.revoke_user_role_ids(user_uuid=uuid, ids=held)["status_code"] == 200
    assert falcon.grant_user_role_ids(user_uuid=uuid, role_ids=["image_viewer"])["status_code"] == 200
    assert falcon.get_user_role_ids(user_uuid=uuid)["body"]["resources"] == ["image_viewer"]
    assert falcon.delete_user(user_uuid=uuid)["status_code"] == 200
    assert falcon.auth_object.revoke(falcon.auth_object.token_value)["status_code"] == 200


def test_people_are_found_in_the_parent_and_every_child(owner):
    """As find_users: the Uber class, pythonic, a token for each child."""
    uber = owner.uber(pythonic=True)
    children = uber.command("queryChildren")
    names = {child["child_cid"]: child["name"] for child in uber.command("getChildren", ids=children.data)}
    own = uber.command("GetSensorInstallersCCIDByQuery").data[0][:-3].lower()
    found = {}
    for cid in [own, *names]:
        there = owner.uber(pythonic=True, member_cid=None if cid == own else cid)
        uuids = there.command("RetrieveUserUUIDsByCID")
        assert uuids.total is None or uuids.data
        for person in there.command("RetrieveUser", ids=uuids.data):
            assert person["customer"] == cid
            found[person["uid"]] = f"{person['firstName']} {person['lastName']} {person['uuid']}"
        there.logout()
    assert len(names) >= 2 and len(found) > len(names)


def test_everybodys_grants_in_threads(owner):
    """As get_user_grants: pages of users, a thread for each user's grants, users in batches, joined by uuid."""
    falcon = owner.users(pythonic=True)
    uuids, total = [], 1
    while len(uuids) < total:
        page = falcon.query_users(limit=500, offset=len(uuids) or None)
        uuids += page.data
        total = page.total
    with ThreadPoolExecutor(16) as pool:
        grants = list(pool.map(lambda uuid: falcon.get_user_grants(uuid).data, uuids))
    people = {}
    for start in range(0, len(uuids), 500):
        for person in falcon.retrieve_users(uuids[start : start + 500]):
            people[person["uuid"]] = person
    for uuid, held in zip(uuids, grants):
        assert {"uid", "first_name", "last_name", "created_at"} <= set(people[uuid])
        assert all(people[grant["uuid"]]["uuid"] == uuid for grant in held)
    assert any(grants) and set(people) == set(uuids)


def test_a_wrong_secret_is_told_before_anything_is_called(owner):
    client = Client(owner.base_url, owner.client_id, "0" * 40)
    auth = client.auth()
    assert auth.login()["status_code"] == 403 and auth.token_status == 403
    answer = client.uber().command("queryUserV1")
    assert answer["status_code"] in (401, 403)
