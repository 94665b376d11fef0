"""Flight Control: children, user groups, CID groups, and the links between them with their grants."""

from __future__ import annotations

import pytest
from falcon_people import bad, fresh_uid, good, numbers

NOBODY = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def control(owner):
    return owner.control()


def test_children(control, cid, children, falcon):
    answer = control.query_children(limit=100, offset=0, sort="last_modified_timestamp|desc")
    found = good(answer)
    assert sorted(found) == sorted(children.values())
    assert answer["body"]["meta"]["pagination"] == {"offset": 0, "limit": 100, "total": len(found)}
    assert good(control.query_children())[:1] == found[:1]
    name, child = next(iter(children.items()))
    shown = good(control.get_children(ids=[child]))
    assert shown == good(control.get_children_v2(ids=[child.upper()]))
    assert (shown[0]["child_cid"], shown[0]["child_of"], shown[0]["name"], shown[0]["status"]) == (child, cid, name, "active")
    assert len(shown[0]["checksum"]) == 2
    assert good(control.query_children(filter=f"name:'{name}'")) == [child]
    assert good(control.query_children(filter=f"child_cid:!'{child}'")) == [one for one in found if one != child]
    assert good(control.query_children(limit=1, offset=1)) == found[1:2]
    for unknown in (cid, "f" * 32, "nonsense"):
        bad(control.get_children(ids=[child, unknown]), 400, unknown)
        bad(control.get_children_v2(ids=[unknown]), 400, unknown)
    bad(control.query_children(filter="colour:'red'"), 400)
    bad(control.query_children(sort="colour|asc"), 400)
    # Every child has somebody, so that scripts that walk them find people.
    for child in children.values():
        assert good(falcon.query_users(filter=f"cid:'{child}'"))


def test_a_child_has_no_children(owner, children):
    below = owner.control(member_cid=next(iter(children.values())))
    assert good(below.query_children()) == []


def test_user_groups(control, cid, make_person):
    name = f"SOC {next(numbers)}"
    made = good(control.create_user_groups(name=name, description="Analysts"))
    group = made[0]["user_group_id"]
    assert made == [{"user_group_id": group, "name": name, "description": "Analysts", "cid": cid}]
    assert good(control.get_user_groups_by_id(ids=[group])) == made == good(
        control.get_user_groups_by_id_v1(user_group_ids=[group])
    )
    answer = control.query_user_groups(name=name, limit=10, offset=0, sort="name|asc")
    assert good(answer) == [group] and answer["body"]["meta"]["pagination"]["total"] == 1
    assert group in good(control.query_user_groups(limit=500, sort="last_modified_timestamp|desc"))
    bad(control.create_user_groups(name=name), 400, "already exists")
    changed = good(control.update_user_groups(user_group_id=group, name=f"{name} L2", description="x"))
    assert (changed[0]["name"], changed[0]["description"]) == (f"{name} L2", "x")
    one, two = make_person(), make_person()
    uuids = [one["uuid"], two["uuid"]]
    members = good(control.add_user_group_members(user_group_id=group, user_uuids=uuids))
    assert members == [{"user_group_id": group, "user_uuids": members[0]["user_uuids"]}]
    assert sorted(members[0]["user_uuids"]) == sorted(uuids)
    for read in (
        control.get_user_group_members_by_id(ids=[group]),
        control.get_user_group_members_by_id_v1(user_group_ids=[group]),
    ):
        assert sorted(good(read)[0]["user_uuids"]) == sorted(uuids)
    assert good(control.query_user_group_members(user_uuid=one["uuid"], limit=10, offset=0)) == [group]
    bad(control.add_user_group_members(user_group_id=group, user_uuids=[NOBODY]), 400)
    left = good(control.delete_user_group_members(user_group_id=group, user_uuids=[one["uuid"]]))
    assert left == [{"user_group_id": group, "user_uuids": [two["uuid"]]}]
    assert good(control.delete_user_groups(user_group_ids=[group])) == [group]
    for gone in (
        control.get_user_groups_by_id(ids=[group]),
        control.delete_user_groups(user_group_ids=[group]),
        control.update_user_groups(user_group_id=group, name="x"),
        control.add_user_group_members(user_group_id=group, user_uuids=uuids),
    ):
        bad(gone, 400, group)


def test_several_writes_tell_what_became_of_each(control):
    name = f"Blue {next(numbers)}"
    body = {"resources": [{"name": name}, {"name": name}, {"description": "no name"}]}
    answer = control.create_user_groups(body=body)
    assert answer["status_code"] == 207
    assert [group["name"] for group in answer["body"]["resources"]] == [name]
    assert [error["code"] for error in answer["body"]["errors"]] == [400, 400]
    group = answer["body"]["resources"][0]["user_group_id"]
    answer = control.get_user_groups_by_id(ids=[group, NOBODY])
    assert answer["status_code"] == 207 and len(answer["body"]["resources"]) == len(answer["body"]["errors"]) == 1
    bad(control.create_user_groups(body={"resources": []}), 400, "resources")
    bad(control.create_user_groups(body={"resources": "x"}), 400, "resources")
    bad(control.create_user_groups(body={"resources": [{"name": f"g{n}"} for n in range(501)]}), 400, "resources")


def test_cid_groups(control, cid, children):
    name = f"APAC {next(numbers)}"
    made = good(control.create_cid_groups(name=name, description="x"))
    group = made[0]["cid_group_id"]
    assert made == [{"cid_group_id": group, "name": name, "description": "x", "cid": cid, "is_default": False}]
    assert good(control.get_cid_group_by_id(ids=[group])) == made == good(
        control.get_cid_group_by_id_v1(cid_group_ids=[group])
    )
    assert good(control.query_cid_groups(name=name, limit=10, offset=0, sort="name|asc")) == [group]
    changed = good(control.update_cid_groups(cid_group_id=group, name=f"{name} 2"))
    assert changed[0]["name"] == f"{name} 2" and changed[0]["description"] == "x"
    places = list(children.values())[:2]

    def body(*cids):
        return {"resources": [{"cid_group_id": group, "cids": list(cids)}]}

    members = good(control.add_cid_group_members(body=body(*places)))
    assert sorted(members[0]["cids"]) == sorted(places)
    assert good(control.get_cid_group_members_by(ids=[group])) == members
    assert group in good(control.query_cid_group_members(cid=places[0], limit=500))
    bad(control.add_cid_group_members(body=body("f" * 32)), 400, "cid")
    bad(control.query_cid_group_members(cid="f" * 32), 403)
    assert good(control.delete_cid_group_members(body=body(places[0])))[0]["cids"] == places[1:]
    assert good(control.delete_cid_group_members_v1(body=body(places[1])))[0]["cids"] == []
    assert good(control.delete_cid_groups(cid_group_ids=[group])) == [group]
    bad(control.get_cid_group_by_id(ids=[group]), 400, group)


@pytest.fixture
def linked(control, children, make_person):
    """A user group with a member and a CID group with a child, not linked yet."""
    child = next(iter(children.values()))
    user_group = good(control.create_user_groups(name=f"Linked {next(numbers)}"))[0]["user_group_id"]
    cid_group = good(control.create_cid_groups(name=f"Linked {next(numbers)}"))[0]["cid_group_id"]
    good(control.add_cid_group_members(body={"resources": [{"cid_group_id": cid_group, "cids": [child]}]}))
    person = make_person()
    good(control.add_user_group_members(user_group_id=user_group, user_uuids=[person["uuid"]]))
    return user_group, cid_group, child, person


def test_links_grant_and_dissolve(control, falcon, cid, linked):
    user_group, cid_group, child, person = linked
    link = f"{cid_group}:{user_group}"
    ends = dict(user_group_id=user_group, cid_group_id=cid_group)
    added = good(control.add_role(**ends, role_ids=["event_viewer", "help_desk"]))
    assert added == [{"id": link, **ends, "role_ids": added[0]["role_ids"]}]
    assert sorted(added[0]["role_ids"]) == ["event_viewer", "help_desk"]
    assert good(control.get_roles_by_id(ids=[link])) == added
    for query in (ends, {"user_group_id": user_group}, {"cid_group_id": cid_group, "role_id": "event_viewer"}):
        answer = control.query_roles(**query, limit=10, offset=0)
        assert good(answer) == [link] and answer["body"]["meta"]["pagination"]["total"] == 1
    assert good(control.query_roles(user_group_id=user_group, role_id="image_viewer")) == []
    # The way is told with the grant, and both ways show when the role is granted directly as well.
    borne = {
        "uuid": person["uuid"], "cid": child, "role_id": "event_viewer", "role_name": "Event Viewer",
        "grant_type": "flightcontrol", "user_group_id": user_group, "cid_group_id": cid_group, "parent_cid": cid,
        "user_type": "internal",
    }  # fmt: skip
    by_role = dict(filter="role_id:'event_viewer'", cid=child)
    shown = good(falcon.get_user_grants(person["uuid"], **by_role))
    assert [{key: row[key] for key in borne} for row in shown] == [borne]
    assert shown[0]["user_group_name"].startswith("Linked") and shown[0]["cid_group_name"].startswith("Linked")
    good(falcon.user_roles_action(action="grant", cid=child, role_ids=["event_viewer"], uuid=person["uuid"]))
    both = good(falcon.get_user_grants(person["uuid"], **by_role, sort="type"))
    assert [row["grant_type"] for row in both] == ["flightcontrol", "direct"]
    direct = good(falcon.get_user_grants(person["uuid"], **by_role, direct_only=True))
    assert [row["grant_type"] for row in direct] == ["direct"]
    assert good(falcon.get_user_grants(person["uuid"])) == []
    # Revoking takes the direct way away and leaves the group's.
    good(falcon.user_roles_action(action="revoke", cid=child, role_ids=["event_viewer"], uuid=person["uuid"]))
    assert len(good(falcon.get_user_grants(person["uuid"], **by_role))) == 1
    left = good(control.delete_roles(**ends, role_ids=["event_viewer"]))
    assert left[0]["role_ids"] == ["help_desk"]
    assert good(control.delete_roles(**ends))[0]["role_ids"] == []
    assert good(control.query_roles(user_group_id=user_group)) == []
    bad(control.get_roles_by_id(ids=[link]), 400, link)
    assert good(falcon.get_user_grants(person["uuid"], cid=child)) == []


def test_links_are_atomic(control, linked):
    user_group, cid_group, _, _ = linked
    ends = dict(user_group_id=user_group, cid_group_id=cid_group)
    bad(control.add_role(**ends, role_ids=["event_viewer", "nope"]), 400, "invalid roleID='nope' specified")
    assert good(control.query_roles(user_group_id=user_group)) == []
    good(control.add_role(**ends, role_ids=["event_viewer"]))
    bad(control.delete_roles(**ends, role_ids=["event_viewer", "nope"]), 400, "roleID")
    assert len(good(control.query_roles(user_group_id=user_group))) == 1
    bad(control.add_role(user_group_id=NOBODY, cid_group_id=cid_group, role_ids=["event_viewer"]), 400, NOBODY)
    bad(control.add_role(user_group_id=user_group, cid_group_id=NOBODY, role_ids=["event_viewer"]), 400, NOBODY)


def test_a_customer_added_to_a_linked_group_is_reached_at_once(control, falcon, children, linked):
    user_group, cid_group, _, person = linked
    good(control.add_role(user_group_id=user_group, cid_group_id=cid_group, role_ids=["event_viewer"]))
    other = list(children.values())[1]
    assert good(falcon.get_user_grants(person["uuid"], cid=other)) == []
    good(control.add_cid_group_members(body={"resources": [{"cid_group_id": cid_group, "cids": [other]}]}))
    assert len(good(falcon.get_user_grants(person["uuid"], cid=other))) == 1
    assert person["uuid"] in good(falcon.query_users(filter=f"assigned_cids:'{other}'", limit=500))
    assert person["uuid"] not in good(falcon.query_users(filter=f"direct_assigned_cids:'{other}'", limit=500))
    good(control.delete_cid_groups(cid_group_ids=[cid_group]))
    assert good(falcon.get_user_grants(person["uuid"], cid=other)) == []


def test_groups_of_others_are_not_there(owner, control, children):
    below = owner.control(member_cid=next(iter(children.values())))
    group = good(control.create_user_groups(name=f"Ours {next(numbers)}"))[0]["user_group_id"]
    cids = good(control.create_cid_groups(name=f"Ours {next(numbers)}"))[0]["cid_group_id"]
    for hidden in (
        below.get_user_groups_by_id(ids=[group]),
        below.update_user_groups(user_group_id=group, name="x"),
        below.delete_user_groups(user_group_ids=[group]),
        below.get_user_group_members_by_id(ids=[group]),
    ):
        bad(hidden, 400, group)
    bad(below.get_cid_group_by_id(ids=[cids]), 400, cids)
    bad(below.delete_cid_groups(cid_group_ids=[cids]), 400, cids)
    assert group not in good(below.query_user_groups(limit=500))


def test_group_pages_add_up(control):
    whole = good(control.query_user_groups(limit=500))
    assert len(whole) > 3
    got = []
    while True:
        answer = control.query_user_groups(limit=2, offset=len(got))
        got += good(answer)
        if len(got) >= answer["body"]["meta"]["pagination"]["total"]:
            break
    assert got == whole
