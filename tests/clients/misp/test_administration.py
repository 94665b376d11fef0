"""The rest of user administration: settings, registrations, figures, the log, and what administrators do."""

import pytest
from misp_answers import ok, refused
from pymisp import MISPOrganisationBlocklist, MISPUserSetting
from pymisp.api import register_user

FORBIDDEN = "You do not have permission to use this functionality."


@pytest.fixture
def registering(misp):
    """People may ask for accounts."""
    ok(misp.set_server_setting("Security.allow_self_registration", True, force=True))
    yield
    ok(misp.set_server_setting("Security.allow_self_registration", False, force=True))


def test_settings_of_users(misp, boss, plain, make_user):
    made = misp.set_user_setting("homepage", {"path": "/a"}, user=plain.made["id"], pythonify=True)
    assert isinstance(made, MISPUserSetting) and made.value == {"path": "/a"}
    assert plain.get_user_setting("homepage")["value"] == {"path": "/a"}
    assert plain.get_user("me")["UserSetting"] == {"homepage": {"path": "/a"}}
    ok(boss.set_user_setting("homepage", {"path": "/b"}, user=plain.made["id"]))
    assert [row["UserSetting"]["value"] for row in plain.user_settings()] == [{"path": "/b"}]
    assert made.id in [row["UserSetting"]["id"] for row in boss.user_settings()]
    # The caller's own setting is not written in the place of a foreign one.
    stranger, _ = make_user("stranger")
    assert refused(boss.set_user_setting("homepage", {"path": "/c"}, user=stranger["id"]), 404)
    assert refused(boss.get_user_setting("homepage"), 404)
    assert refused(plain.get_user_setting("homepage", user=boss.made["id"]), 404)
    assert refused(plain.set_user_setting("dashboard_access", 1), 405)
    assert refused(plain.set_user_setting("bogus", 1), 405)
    assert ok(plain.delete_user_setting("homepage"))["message"] == "Setting deleted."
    assert refused(plain.delete_user_setting("homepage"), 404)
    assert plain.user_settings() == []


def test_registrations_are_off_until_allowed(usher, misp, mark):
    assert misp.get_server_setting("Security.allow_self_registration")["value"] is False
    answer = register_user(usher.env["MISP_URL"], f"{mark}@example.org")
    assert "Authentication failed" in str(answer)
    assert misp.user_registrations() == []


def test_registrations(usher, misp, boss, organisation, registering, mark):
    url = usher.env["MISP_URL"]
    address = f"{mark}@example.org"
    assert register_user(url, address, organisation=organisation, org_name="Any", message="please")["saved"]
    assert register_user(url, f"spam-{address}")["saved"]
    assert "valid email" in str(register_user(url, "nonsense"))
    waiting = misp.user_registrations(pythonify=True)
    assert [one.data["email"] for one in waiting] == [address, f"spam-{address}"]
    assert refused(boss.user_registrations(), 403)["message"] == FORBIDDEN
    assert refused(boss.accept_user_registration(waiting[0], organisation=organisation.id, role=3), 403)
    assert ok(misp.accept_user_registration(waiting[0], unsafe_fallback=True))["message"] == "Added 1 user(s)."
    homes = {row["User"]["email"]: row["Organisation"]["id"] for row in misp.users(search=address)}
    assert homes[address] == str(organisation.id)
    assert refused(misp.accept_user_registration(waiting[1], unsafe_fallback=True), 400)
    assert ok(misp.discard_user_registration(waiting[1].id))["message"] == "1 registration(s) discarded."
    assert ok(misp.discard_user_registration(999_999))["message"] == "0 registration(s) discarded."
    assert refused(misp.discard_user_registration(waiting[1]), 404)
    # An address that is taken fails when it is accepted, and the registration stays.
    assert register_user(url, address)["saved"]
    again = misp.user_registrations(pythonify=True)[0]
    assert "Could not add 1 user(s)" in refused(misp.accept_user_registration(again, organisation=1, role=3), 403)["errors"]
    ok(misp.discard_user_registration(again))


def test_figures(misp, plain, organisation):
    total = len(misp.users())
    assert misp.users_statistics("users")["user"]["data"]["total"] == total
    assert misp.users_statistics("data")["stats"]["user_count"] == str(total)
    assert misp.users_statistics("orgs")[organisation.name]["userCount"] == "1"
    assert misp.users_statistics("tags")["flatData"] == []
    assert refused(misp.users_statistics("galaxyMatrix"), 405)
    # Organisations are tenants: their people count themselves.
    assert plain.users_statistics("users")["user"]["data"]["total"] == 1
    assert misp.users_heartbeat()["message"]


def test_the_list_of_blocked_organisations(misp, plain):
    uuid = "8883c02e-dd13-4ee3-bc27-4e51be7a355e"
    made = misp.add_organisation_blocklist([uuid, "nonsense"], comment="c", org_name="Bad Org")
    assert made["result"] == {"successes": [uuid], "fails": ["nonsense"]}
    assert misp.add_organisation_blocklist(uuid)["result"]["fails"] == [uuid]
    listed = [one for one in misp.organisation_blocklists(pythonify=True) if one.org_uuid == uuid]
    assert isinstance(listed[0], MISPOrganisationBlocklist) and listed[0].comment == "c"
    listed[0].comment = "changed"
    assert misp.update_organisation_blocklist(listed[0])["OrgBlocklist"]["comment"] == "changed"
    assert refused(plain.organisation_blocklists(), 403)
    assert ok(misp.delete_organisation_blocklist(listed[0]))["message"] == "Blocklist entry removed"
    assert refused(misp.delete_organisation_blocklist(listed[0]), 404)


def test_the_log(misp, boss, plain, make_user):
    made, _ = make_user("logged")
    ok(misp.update_user({"email": "changed-" + made["email"]}, made["id"]))
    rows = misp.search_logs(model="User", action="edit")
    mine = [row["Log"] for row in rows if row["Log"]["model_id"] == made["id"]]
    assert f"email ({made['email']}) => (changed-{made['email']})" in mine[-1]["change"]
    assert {row["Log"]["model"] for row in rows} == {"User"}
    assert len(misp.search_logs(limit=3, page=1)) == 3
    first, second = misp.search_logs(limit=1, page=1), misp.search_logs(limit=1, page=2)
    assert int(first[0]["Log"]["id"]) < int(second[0]["Log"]["id"])
    assert misp.search_logs(model="Nothing") == []
    # An organisation's administrator sees what happened there, everybody what they did themselves.
    assert all(row["Log"]["org"] != "SYSTEM" for row in boss.search_logs())
    assert made["id"] not in [row["Log"]["model_id"] for row in boss.search_logs(model="User")]
    ok(plain.update_user({"autoalert": True}, plain.made["id"]))
    assert {row["Log"]["email"] for row in plain.search_logs()} == {plain.made["email"]}


def test_settings_of_the_server(misp, boss):
    assert misp.get_server_setting("Security.password_policy_length")["value"] == 12
    ok(misp.set_server_setting("Security.advanced_authkeys_validity", 30))
    assert misp.get_server_setting("Security.advanced_authkeys_validity")["value"] == 30
    ok(misp.set_server_setting("Security.advanced_authkeys_validity", 0))
    assert refused(misp.set_server_setting("Security.advanced_authkeys", False), 403)
    assert refused(misp.get_server_setting("MISP.nothing"), 404)
    assert refused(boss.get_server_setting("Security.advanced_authkeys"), 403)["message"] == FORBIDDEN


def test_what_administrators_do_to_people(misp, boss, plain, make_user):
    user = plain.made["id"]
    stranger, _ = make_user("elsewhere")
    answer = boss.direct_call("admin/users/massToggleField/disabled/1", {"User": {"user_ids": f'["{user}","{stranger["id"]}"]'}})
    assert ok(answer)["message"] == "1 users got their field `disabled` enabled"
    assert "disabled" in refused(plain.get_user(), 403)["message"]
    ok(boss.direct_call("admin/users/massToggleField/disabled/0", {"User": {"user_ids": [user]}}))
    assert misp.get_user(stranger["id"])["User"]["disabled"] is False
    assert ok(boss.direct_call(f"users/initiatePasswordReset/{user}", {}))["success"] == "New credentials sent."
    for path in ("users/initiatePasswordReset/{}", "users/totp_delete/{}", "admin/users/quickEmail/{}"):
        body = {"subject": "s", "body": "b"}
        assert ok(boss.direct_call(path.format(user), body))["saved"] is True
        assert refused(boss.direct_call(path.format(stranger["id"]), body), 404)
        assert refused(plain.direct_call(path.format(stranger["id"]), body), 403)["message"] == FORBIDDEN
    for path in (f"admin/users/monitor/{user}", f"admin/users/destroy/{user}", "admin/users/destroy"):
        assert refused(boss.direct_call(path, {"value": 1}), 403)["message"] == FORBIDDEN
    assert misp.direct_call(f"admin/users/monitor/{user}", {"value": 1}) == 1
    assert misp.direct_call(f"admin/users/monitor/{user}", {"value": 0}) == 0
    assert ok(misp.direct_call(f"admin/users/destroy/{user}", {}))["saved"] is True
    assert ok(misp.direct_call("admin/users/destroy", {}))["saved"] is True
    assert isinstance(misp.direct_call(f"users/viewLoginHistory/{user}"), list)


def test_keys_that_were_replaced_stay_listed(connect, make_user, misp):
    user, key = make_user("replaced")
    own = connect(key)
    old = own.direct_call("auth_keys")[0]["AuthKey"]
    new = ok(own.direct_call("users/resetauthkey/me", {}))["message"].removeprefix("Authkey updated: ")
    rows = connect(new).direct_call("auth_keys")
    ends = {row["AuthKey"]["id"]: row["AuthKey"]["expiration"] for row in rows}
    assert len(ends) == 2 and ends[old["id"]] != "0"
    assert refused(own.get_user(), 403)
    assert refused(misp.direct_call(f"auth_keys/edit/{old['id']}", {"expiration": "+1 year"}), 403)
    assert ok(misp.direct_call(f"auth_keys/delete/{old['id']}", {}))["saved"] is True
    assert [row["AuthKey"]["id"] for row in connect(new).direct_call("auth_keys")] != list(ends)


def test_a_read_only_key_changes_nothing(misp, make_user, connect):
    user, _ = make_user("reader", role_id=1)
    key = ok(misp.direct_call(f"auth_keys/add/{user['id']}", {"read_only": True}))["AuthKey"]["authkey_raw"]
    reader = connect(key)
    for path, body in [
        ("userSettings/setSetting", {"setting": "homepage", "value": "/x"}),
        ("users/acceptRegistrations/1", {"User": {"org_id": "1"}}),
        ("orgBlocklists/add", {"uuids": ["8883c02e-dd13-4ee3-bc27-4e51be7a3550"]}),
        ("servers/serverSettingsEdit/Security.allow_self_registration", {"value": True}),
        ("admin/users/massToggleField/disabled/1", {"User": {"user_ids": "[1]"}}),
        ("admin/users/monitor/1", {"value": 1}),
        ("admin/users/destroy", {}),
    ]:
        assert refused(reader.direct_call(path, body), 403), path
    assert isinstance(reader.search_logs(limit=1), list)
