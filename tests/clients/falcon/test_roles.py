"""Roles and grants, in both generations of the operations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from falcon_people import bad, client_of, fresh_uid, good, numbers

NOBODY = "11111111-2222-4333-8444-555555555555"
SAMPLES = {
    "falconhost_admin", "falconhost_read_only", "event_viewer", "help_desk", "dashboard_admin", "falcon_console_guest",
    "image_viewer", "image_admin", "security_lead", "remote_responder", "remediation_manager", "scheduled_report_admin",
    "horizon_admin", "endpoint_manager", "desktop_support",
}  # fmt: skip
VIEWER = {
    "id": "event_viewer",
    "display_name": "Event Viewer",
    "description": "Can view events.",
    "is_global": True,
    "type": "default",
}


def test_roles_are_listed_and_read(falcon, cid):
    available = good(falcon.get_available_role_ids())
    assert SAMPLES <= set(available) and len(available) == len(set(available))
    answer = falcon.query_roles()
    assert set(good(answer)) == set(available) and "pagination" not in answer["body"]["meta"]
    assert set(good(falcon.query_roles(action="grant", cid=cid))) == set(available)
    for read in (falcon.get_roles_mssp, falcon.get_roles_mssp_v1):
        assert good(read(ids="event_viewer")) == [VIEWER]
        assert good(read(ids=["event_viewer"], cid=cid.upper() + "-5F")) == [VIEWER]
        ids = [role["id"] for role in good(read(ids=["help_desk", "event_viewer", "help_desk"]))]
        assert ids == ["help_desk", "event_viewer"]
        assert len(good(read(ids=available))) == len(available)
        bad(read(ids=["event_viewer", "falcon_administrator"]), 400, "invalid roleID='falcon_administrator' specified")
    legacy = good(falcon.get_roles(ids="event_viewer,help_desk"))
    assert legacy[0] == {key: VIEWER[key] for key in ("id", "display_name", "description")}
    assert [role["id"] for role in legacy] == ["event_viewer", "help_desk"]
    bad(falcon.get_roles(ids="nope"), 400, "roleID")
    bad(falcon.get_roles(), 400, "ids")
    bad(falcon.get_roles_mssp(), 400, "ids")
    bad(falcon.query_roles(parameters={"action": "dance"}), 400, "dance")


def ids_of(falcon, person, **query):
    return [grant["role_id"] for grant in good(falcon.get_user_grants(user_uuid=person["uuid"], **query))]


def test_grant_and_revoke(falcon, cid, make_person):
    person = make_person()
    grant = dict(action="grant", cid=cid, role_ids=["event_viewer", "help_desk"], uuid=person["uuid"])
    for _ in range(2):
        done = falcon.user_roles_action(**grant)
        assert done["status_code"] == 200 and "resources" not in done["body"]
    assert good(falcon.get_user_grants(person["uuid"])) == [
        {
            "uuid": person["uuid"],
            "cid": cid,
            "role_id": role,
            "role_name": name,
            "grant_type": "direct",
            "user_type": "internal",
        }
        for role, name in [("event_viewer", "Event Viewer"), ("help_desk", "Help Desk Analyst")]
    ]
    first = good(falcon.get_user_grants_v1(person["uuid"]))
    assert [sorted(row) for row in first] == [["cid", "grant_type", "role_id", "role_name", "uuid"]] * 2
    assert good(falcon.combined_user_roles_v3(user_uuid=person["uuid"])) == good(falcon.get_user_grants(person["uuid"]))
    revoke = {**grant, "action": "revoke", "role_ids": ["help_desk", "image_viewer"]}
    for _ in range(2):
        good(falcon.user_roles_action(**revoke))
        assert ids_of(falcon, person) == ["event_viewer"]
    good(falcon.update_user_roles(action="assign-role", cid=cid, role_ids=["image_viewer"], uuid=person["uuid"]))
    good(falcon.update_user_roles(action="remove-role", cid=cid, role_ids=["event_viewer"], uuid=person["uuid"]))
    assert ids_of(falcon, person) == ["image_viewer"]


def test_role_batches_are_atomic(falcon, cid, make_person):
    person = make_person()
    good(falcon.user_roles_action(action="grant", cid=cid, role_ids=["event_viewer"], uuid=person["uuid"]))
    mixed = ["help_desk", "falcon_administrator", "image_viewer"]
    for action in ("grant", "revoke"):
        answer = falcon.user_roles_action(action=action, cid=cid, role_ids=[*mixed, "event_viewer"], uuid=person["uuid"])
        bad(answer, 400, "invalid roleID='falcon_administrator' specified")
        assert answer["body"]["meta"]["powered_by"] == "cs.flightcontrolapi"
        assert ids_of(falcon, person) == ["event_viewer"]
    bad(falcon.grant_user_role_ids(user_uuid=person["uuid"], role_ids=mixed), 400, "roleID")
    bad(falcon.revoke_user_role_ids(user_uuid=person["uuid"], ids=["event_viewer", "nope"]), 400, "roleID")
    assert ids_of(falcon, person) == ["event_viewer"]


@pytest.mark.parametrize(
    "change, status, text",
    [
        ({"uuid": NOBODY}, 400, f"invalid user uuid='{NOBODY}' specified"),
        ({"uuid": "nonsense"}, 400, "invalid user uuid='nonsense' specified"),
        ({"uuid": None}, 400, "invalid user uuid='' specified"),
        ({"cid": None}, 400, "cid"),
        ({"cid": "nonsense"}, 400, "cid"),
        ({"cid": "f" * 32}, 403, "authorization failed"),
        ({"action": None}, 400, "action"),
        ({"action": "dance"}, 400, "dance"),
        ({"role_ids": []}, 400, "role_ids"),
        ({"role_ids": 5}, 400, "role_ids"),
        ({"role_ids": [5]}, 400, "role_ids"),
        ({"role_ids": ["Event Viewer"]}, 400, "invalid roleID='Event Viewer' specified"),
        ({"expires_at": "tomorrow"}, 400, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "expires_at"),
    ],
)
def test_what_cannot_be_granted(falcon, cid, make_person, change, status, text):
    person = make_person()
    body = {"action": "grant", "cid": cid, "role_ids": ["event_viewer"], "uuid": person["uuid"], **change}
    bad(falcon.user_roles_action(body=body), status, text)
    assert ids_of(falcon, person) == []


def test_temporary_roles_say_when_they_end(falcon, cid, make_person):
    person = make_person()
    until = "2099-01-02T03:04:05.000Z"
    grant = dict(action="grant", cid=cid, uuid=person["uuid"])
    good(falcon.user_roles_action(**grant, role_ids="event_viewer,help_desk", expires_at=until))
    good(falcon.user_roles_action(**grant, role_ids=["image_viewer"], expires_at="2098-01-01T00:00:00+02:00"))
    good(falcon.user_roles_action(**grant, role_ids=["image_admin"]))
    grants = good(falcon.get_user_grants(person["uuid"], sort="expires_at|desc"))
    assert [(row["role_id"], row.get("expires_at")) for row in grants][:3] == [
        ("help_desk", until), ("event_viewer", until), ("image_viewer", "2097-12-31T22:00:00.000Z"),
    ] or [row["role_id"] for row in grants][-1] == "image_admin"  # fmt: skip
    assert ids_of(falcon, person, filter="expires_at:>'2098-06-01T00:00:00Z'") == ["event_viewer", "help_desk"]
    assert ids_of(falcon, person, filter="expires_at:null") == ["image_admin"]
    assert all("expires_at" not in row for row in good(falcon.get_user_grants_v1(person["uuid"])))
    # A second grant only changes the end.
    good(falcon.user_roles_action(**grant, role_ids=["event_viewer"]))
    assert ids_of(falcon, person, filter="expires_at:null") == ["event_viewer", "image_admin"]


@pytest.mark.parametrize(
    "query, expected",
    [
        ({}, ["event_viewer", "help_desk", "image_admin", "image_viewer"]),
        ({"sort": "role_name|desc"}, ["image_viewer", "image_admin", "help_desk", "event_viewer"]),
        ({"sort": "cid"}, ["event_viewer", "help_desk", "image_admin", "image_viewer"]),
        ({"filter": "role_id:'help_desk'"}, ["help_desk"]),
        ({"filter": "role_id:['help_desk','image_admin']"}, ["help_desk", "image_admin"]),
        ({"filter": "role_id:!'help_desk'"}, ["event_viewer", "image_admin", "image_viewer"]),
        ({"filter": "role_name:*'*Viewer'"}, ["event_viewer", "image_viewer"]),
        ({"filter": "role_name:'Event Viewer'"}, ["event_viewer"]),
        ({"filter": "role_name:~'IMAGE'+role_id:!*'*admin'"}, ["image_viewer"]),
        ({"limit": 2, "offset": 1}, ["help_desk", "image_admin"]),
        ({"offset": 9}, []),
        ({"direct_only": True}, ["event_viewer", "help_desk", "image_admin", "image_viewer"]),
    ],
    ids=str,
)
def test_grants_are_filtered_sorted_and_paged(falcon, cid, make_person, query, expected):
    person = make_person()
    roles = ["image_viewer", "event_viewer", "help_desk", "image_admin"]
    good(falcon.user_roles_action(action="grant", cid=cid, role_ids=roles, uuid=person["uuid"]))
    for read in (falcon.get_user_grants, falcon.get_user_grants_v1, falcon.combined_user_roles_v3):
        answer = read(user_uuid=person["uuid"], **query)
        assert [row["role_id"] for row in good(answer)] == expected
        total = 4 if "filter" not in query else len(expected)
        assert answer["body"]["meta"]["pagination"]["total"] == total


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "uid:'a'"}, {"filter": "role_id"}, {"filter": "expires_at:>'soon'"}, {"filter": "expires_at:*'2*'"},
        {"sort": "colour"}, {"limit": 0}, {"limit": 501}, {"offset": -1}, {"direct_only": "maybe"},
    ],
    ids=str,
)  # fmt: skip
def test_grants_refuse_what_is_not_understood(falcon, make_person, query):
    bad(falcon.get_user_grants(parameters={"user_uuid": make_person()["uuid"], **query}), 400)


def test_grants_of_nobody(falcon):
    for read in (falcon.get_user_grants, falcon.get_user_grants_v1, falcon.get_user_role_ids):
        bad(read(user_uuid=NOBODY), 400, f"invalid user uuid='{NOBODY}' specified")
        bad(read(user_uuid="nonsense"), 400, "invalid user uuid='nonsense' specified")
        bad(read(), 400, "invalid user uuid='' specified")


def test_legacy_grants_count_in_the_customer_of_the_token(owner, falcon, cid, children, make_person):
    person = make_person()
    assert good(falcon.grant_user_role_ids(user_uuid=person["uuid"], role_ids=["event_viewer", "help_desk"])) == [
        "event_viewer",
        "help_desk",
    ]
    assert good(falcon.get_user_role_ids(user_uuid=person["uuid"])) == ["event_viewer", "help_desk"]
    assert good(falcon.revoke_user_role_ids(user_uuid=person["uuid"], ids=["help_desk"])) == ["help_desk"]
    assert good(falcon.get_user_role_ids(person["uuid"])) == ["event_viewer"]
    child = next(iter(children.values()))
    there = make_person(cid=child)
    below = owner.users(member_cid=child)
    good(below.grant_user_role_ids(user_uuid=there["uuid"], roleIds=["image_viewer"]))
    assert good(below.get_user_role_ids(there["uuid"])) == ["image_viewer"]
    # The parent sees it when it names the child, and not in its own customer.
    assert good(falcon.get_user_role_ids(there["uuid"])) == []
    assert ids_of(falcon, there, cid=child) == ["image_viewer"] and ids_of(falcon, there) == []
    bad(falcon.grant_user_role_ids(user_uuid=NOBODY, role_ids=["event_viewer"]), 400, "invalid user uuid")
    bad(falcon.grant_user_role_ids(user_uuid=person["uuid"]), 400, "roleIds")
    bad(falcon.revoke_user_role_ids(user_uuid=person["uuid"]), 400, "ids")


def test_custom_roles_belong_to_their_customer(falcon, native, cid, children, make_person):
    name = f"Night watch {next(numbers)}"
    made = native.post(
        "/roles",
        {"platform": "falcon", "name": name, "organisation": 1, "lines": [{"word": "users.read", "reach": "subtree"}]},
    )
    role_id = made["id"].replace("-", "")
    shown = good(falcon.get_roles_mssp(ids=role_id))[0]
    assert (shown["id"], shown["display_name"], shown["type"], shown["cid"]) == (role_id, name, "custom", cid)
    assert not shown["is_global"] and role_id in good(falcon.query_roles())
    person = make_person()
    good(falcon.user_roles_action(action="grant", cid=cid, role_ids=[role_id], uuid=person["uuid"]))
    assert ids_of(falcon, person) == [role_id] == ids_of(falcon, person, filter=f"role_id:'{role_id}'")
    child = next(iter(children.values()))
    below = make_person(cid=child)
    refused = falcon.user_roles_action(action="grant", cid=child, role_ids=[role_id], uuid=below["uuid"])
    bad(refused, 400, f"invalid roleID='{role_id}' specified")
    assert role_id not in good(falcon.query_roles(cid=child))


def test_owners_and_administrators_show_as_administrators(falcon, native, make_person):
    me = native.get("/me")
    assert ids_of(falcon, {"uuid": native.get("/users/1")["id"]}) == ["falconhost_admin"], me
    person = make_person()
    role = next(row for row in native.all("/roles") if row["platform"] == "usher" and row["name"] == "Administrator")
    native.post(f"/users/{person['uuid']}/grants", {"role": role["id"], "organisation": 1})
    assert ids_of(falcon, person) == ["falconhost_admin"] == ids_of(falcon, person, direct_only=True)


def test_nobody_grants_more_than_they_hold(falcon, cid, as_person, make_person):
    client, helper = as_person("help_desk")
    theirs = client.users()
    assert good(theirs.query_roles()) == []
    target = make_person()
    for uuid in (target["uuid"], helper["uuid"]):
        refused = theirs.user_roles_action(action="grant", cid=cid, role_ids=["falconhost_admin"], uuid=uuid)
        bad(refused, 403)
    assert ids_of(falcon, target) == [] and ids_of(falcon, helper) == ["help_desk"]
    # The helpdesk resets ordinary people, and not an administrator.
    good(theirs.user_action(action_name="reset_password", ids=target["uuid"]))
    admin = make_person()
    good(falcon.user_roles_action(action="grant", cid=cid, role_ids=["falconhost_admin"], uuid=admin["uuid"]))
    bad(theirs.user_action(action_name="reset_password", ids=admin["uuid"]), 403)


def test_allowed_actions(falcon, cid, as_person, make_person):
    person = make_person()
    asked = {"action": "grant", "cid": cid, "resource_ids": ["event_viewer", "nope"], "uuid": person["uuid"]}
    assert good(falcon.get_user_allowed_actions(allowed_actions=[asked])) == [{**asked, "resource_ids": ["event_viewer"]}]
    client, _ = as_person("help_desk")
    assert good(client.users().get_user_allowed_actions(allowed_actions=[asked])) == [{**asked, "resource_ids": []}]
    bad(falcon.get_user_allowed_actions(allowed_actions=[{**asked, "uuid": NOBODY}]), 400, "invalid user uuid")
    bad(falcon.get_user_allowed_actions(allowed_actions=[]), 400, "allowed_actions")


def test_parallel_grants_all_count(falcon, cid, make_person):
    person = make_person()
    roles = ["event_viewer", "help_desk", "image_viewer", "image_admin", "intel_admin", "horizon_admin"]

    def grant(role):
        return falcon.user_roles_action(action="grant", cid=cid, role_ids=[role], uuid=person["uuid"])

    with ThreadPoolExecutor(6) as pool:
        for answer in pool.map(grant, roles * 2):
            good(answer)
    assert sorted(ids_of(falcon, person)) == sorted(roles)


def test_a_role_taken_away_ends_what_it_opened(usher, native, falcon, cid, as_person):
    client, person = as_person("falconhost_read_only")
    theirs = client.users()
    assert good(theirs.query_users(limit=1))
    good(falcon.user_roles_action(action="revoke", cid=cid, role_ids=["falconhost_read_only"], uuid=person["uuid"]))
    bad(theirs.query_users(limit=1), 403, "access denied, authorization failed")
