"""Roles: every method of the client, field by field."""

import pytest
from misp_answers import ok, refused
from pymisp import MISPRole

FLAGS = """perm_add perm_modify perm_modify_org perm_publish perm_delegate perm_sync perm_admin perm_audit
perm_auth perm_site_admin perm_regexp_access perm_tagger perm_template perm_sharing_group perm_tag_editor
perm_sighting perm_object_template perm_publish_zmq perm_publish_kafka perm_decaying perm_galaxy_editor
perm_warninglist perm_view_feed_correlations perm_analyst_data perm_skip_otp""".split()
FIELDS = set(FLAGS) | {
    "id", "name", "created", "modified", "default_role", "memory_limit", "max_execution_time",
    "restricted_to_site_admin", "enforce_rate_limit", "rate_limit_count", "permission",
    "permission_description",
}  # fmt: skip
DATA = ["perm_add", "perm_modify", "perm_modify_org", "perm_publish"]


def on(role) -> set:
    return {flag for flag in FLAGS if role[flag]}


@pytest.fixture
def role(misp, mark):
    made = MISPRole()
    made.name = f"Role {mark}"
    answer = misp.add_role(made, pythonify=True)
    assert isinstance(answer, MISPRole), answer
    return answer


def test_the_built_in_roles(misp):
    rows = [row["Role"] for row in ok(misp.roles())]
    assert [row["name"] for row in rows[:6]] == ["admin", "Org Admin", "User", "Publisher", "Sync user", "Read Only"]
    assert [row["id"] for row in rows[:6]] == ["1", "2", "3", "4", "5", "6"]
    assert all(set(row) == FIELDS | {"default"} for row in rows)
    assert [row["permission"] for row in rows[:6]] == ["3", "3", "2", "3", "3", "0"]
    assert on(rows[0]) == set(FLAGS) - {"perm_skip_otp"}
    assert on(rows[5]) == {"perm_audit", "perm_auth"}
    assert on(rows[4]) - on(rows[3]) == {"perm_sync", "perm_sharing_group", "perm_tag_editor"}
    assert on(rows[1]) - on(rows[3]) == {"perm_admin", "perm_template", "perm_sharing_group", "perm_tag_editor"}
    assert [row["id"] for row in rows if row["default"]] == [row["id"] for row in rows if row["default_role"]] == ["3"]
    assert {role.id for role in misp.roles(pythonify=True)} == {row["id"] for row in rows}


def test_viewing_one(misp):
    seen = ok(misp.direct_call("roles/view/3"))["Role"]
    assert set(seen) == FIELDS and seen["permission_description"] == "manage_org"
    for unknown in ("999999", "x", "-1"):
        assert refused(misp.direct_call(f"roles/view/{unknown}"), 404)["name"] == "Invalid Role."


def test_a_role_with_nothing_but_a_name(misp, role):
    seen = ok(misp.direct_call(f"roles/view/{role.id}"))["Role"]
    assert set(seen) == FIELDS and on(seen) == set()
    assert (seen["permission"], seen["permission_description"]) == ("0", "read_only")
    assert (seen["memory_limit"], seen["max_execution_time"], seen["rate_limit_count"]) == ("", "", "0")


def test_a_role_with_everything(misp, mark):
    sent = {
        "name": f"Every {mark}", "permission": "publish", "perm_auth": True, "perm_sighting": True,
        "memory_limit": "512M", "max_execution_time": 60, "enforce_rate_limit": True, "rate_limit_count": 100,
        "restricted_to_site_admin": True, "perm_modify": False,
    }  # fmt: skip
    for seen in (ok(misp.add_role(sent))["Role"], misp.roles()[-1]["Role"]):
        assert on(seen) == {*DATA, "perm_auth", "perm_sighting"}
        assert (seen["permission"], seen["permission_description"]) == ("3", "publish")
        assert (seen["memory_limit"], seen["max_execution_time"]) == ("512M", "60")
        assert (seen["enforce_rate_limit"], seen["rate_limit_count"]) == (True, "100")
        assert seen["restricted_to_site_admin"] is True
    assert ok(misp.add_role({"name": f"Odd {mark}", "memory_limit": "lots"}))["Role"]["memory_limit"] == ""


@pytest.mark.parametrize(("permission", "flags"), [(0, 0), ("1", 2), (2, 3), ("manage_org", 3), (3, 4), ("what", 0)])
def test_levels(misp, mark, permission, flags):
    seen = ok(misp.add_role({"name": f"Level {mark}", "permission": permission, "perm_publish": True}))["Role"]
    assert [flag for flag in DATA if seen[flag]] == DATA[:flags]


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag not in DATA])
def test_every_flag_can_be_set_alone(misp, role, flag):
    seen = ok(misp.update_role({flag: True}, role_id=role.id))["Role"]
    assert on(seen) == {flag}
    assert on(ok(misp.update_role({flag: "0"}, role.id))["Role"]) == set()


def test_round_trip(misp, role):
    role.perm_sighting = True
    assert on(ok(misp.update_role(role))["Role"]) == {"perm_sighting"}
    again = misp.update_role({"perm_tagger": True}, role_id=role.id, pythonify=True)
    assert again.perm_tagger and again.perm_sighting and again.name == role.name
    ok(misp.update_role({"permission": 2, "name": role.name + " two"}, role.id))
    # An edit without `permission` leaves what it decides alone.
    seen = ok(misp.update_role({"perm_auth": True}, role.id))["Role"]
    assert on(seen) == {*DATA[:3], "perm_sighting", "perm_tagger", "perm_auth"}


def test_names(misp, role):
    answer = refused(misp.add_role({"name": role.name.upper()}), 403)
    assert answer == {
        "saved": False, "name": "Could not add role", "message": "Could not add role",
        "url": "/admin/roles/add", "errors": {"name": ["A role with this name already exists."]},
    }  # fmt: skip
    assert set(refused(misp.add_role({"perm_auth": True}), 403)["errors"]) == {"name"}
    assert refused(misp.update_role({"name": "x"}, 999999), 404)["name"] == "Invalid Role"


def test_filters(misp, role):
    part = role.name[2:].upper()
    for narrowed in (f"name:{role.name.upper()}", f"name:%25{part}", f"quickFilter:{part}"):
        rows = ok(misp.direct_call(f"roles/index/{narrowed}"))
        assert [row["Role"]["id"] for row in rows] == [role.id], narrowed
    # A name is compared whole, unless percent signs say otherwise.
    assert ok(misp.direct_call(f"roles/index/name:{part}")) == []
    assert ok(misp.direct_call("roles/index/name:nobody-is-called-so")) == []


def test_the_default_role(misp, role, mark):
    try:
        done = ok(misp.set_default_role(role))
        assert done["message"] == "Default role set." and done["id"] == role.id
        rows = {row["Role"]["id"]: row["Role"] for row in misp.roles()}
        assert rows[role.id]["default"] and rows[role.id]["default_role"] and not rows["3"]["default"]
        assert ok(misp.add_user({"email": f"default-{mark}@example.org"}))["User"]["role_id"] == role.id
    finally:
        ok(misp.set_default_role(3))
    assert ok(misp.add_user({"email": f"usual-{mark}@example.org"}))["User"]["role_id"] == "3"
    answer = refused(misp.set_default_role(999999), 403)
    assert answer == {
        "saved": False, "name": "Could not set_default Role", "message": "Could not set_default Role",
        "url": "/admin/roles/set_default/999999", "errors": "Invalid Role.", "id": "999999",
    }  # fmt: skip


def test_deleting(misp, role, make_user):
    user, _ = make_user("wearer", role_id=role.id)
    answer = refused(misp.delete_role(role), 403)
    assert answer == {
        "saved": False, "name": "Could not delete Role", "message": "Could not delete Role",
        "url": f"/roles/delete/{role.id}", "id": int(role.id),
        "errors": "It is not possible to delete role that is assigned to users.",
    }  # fmt: skip
    ok(misp.update_user({"role_id": 3}, user["id"]))
    answer = ok(misp.delete_role(role))
    said = "Role deleted."
    assert answer == {
        "saved": True, "success": True, "name": said, "message": said, "url": f"/roles/delete/{role.id}",
        "id": int(role.id),
    }  # fmt: skip
    assert refused(misp.delete_role(role), 404)["name"] == "Invalid Role."


@pytest.mark.parametrize("who", ["boss", "plain"])
def test_others_may_only_look(request, who):
    client = request.getfixturevalue(who)
    assert len(ok(client.roles())) >= 6
    for answer in (
        client.add_role({"name": "x"}),
        client.update_role({"perm_site_admin": True}, 3),
        client.delete_role(3),
        client.set_default_role(1),
    ):
        assert refused(answer, 403)["name"] == "You do not have permission to use this functionality."
