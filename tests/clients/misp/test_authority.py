"""Who may do what: administrators of an organisation, plain people, sync users."""

from misp_answers import GOOD, ok, refused

FORBIDDEN = "You do not have permission to use this functionality."


def test_administrators_of_an_organisation_see_and_change_only_it(boss, misp, organisation, make_user, mark):
    ana, _ = make_user("ana", org_id=organisation.id)
    other, _ = make_user("other")
    assert {row["User"]["id"] for row in boss.users()} == {boss.made["id"], ana["id"]}
    assert {row["User"]["id"] for row in boss.users(organisation=1)} == {boss.made["id"], ana["id"]}
    assert boss.users(search=f"other-{mark}") == []
    ok(boss.update_user({"contactalert": True, "password": GOOD}, ana["id"]))
    for foreign in (other["id"], 999999):
        assert refused(boss.update_user({"contactalert": True}, foreign), 404)["name"] == "Invalid user"
        assert refused(boss.delete_user(foreign), 404)["name"] == "Invalid user"
        assert refused(boss.get_user(foreign), 404)["name"] == "Invalid user or not authorised."
        assert refused(boss.direct_call(f"admin/users/view/{foreign}"), 404)["name"] == "Invalid user"
    seen = ok(boss.direct_call(f"admin/users/view/{ana['id']}"))
    assert seen["User"]["orgAdmins"] == {boss.made["id"]: boss.made["email"]}
    assert refused(boss.get_user(ana["id"]), 404)["name"] == "Invalid user or not authorised."
    made = ok(boss.add_user({"email": f"new-{mark}@example.org", "org_id": 1, "role_id": 4}))["User"]
    assert (made["org_id"], made["role_id"], made["invited_by"]) == (organisation.id, "4", boss.made["id"])
    ok(boss.delete_user(made["id"]))


def test_administrators_of_an_organisation_give_no_more_than_they_have(boss, misp, organisation, make_user, mark):
    for number, (role, status) in enumerate([(1, 403), (5, 403), (999999, 405), (2, None), (3, None), (6, None)]):
        answer = boss.add_user({"email": f"n{number}-{mark}@example.org", "role_id": role})
        if status:
            refused(answer, status)
        else:
            assert ok(answer)["User"]["role_id"] == str(role)
    refused(boss.update_user({"role_id": 1}, boss.made["id"]), 403)
    site, _ = make_user("site", org_id=organisation.id, role_id=1)
    for answer in (
        boss.update_user({"password": GOOD}, site["id"]),
        boss.update_user({"disabled": True}, site["id"]),
        boss.delete_user(site["id"]),
    ):
        assert refused(answer, 404)["name"] == "Invalid user"
    refused(boss.direct_call(f"auth_keys/add/{site['id']}", data={}), 405)


def test_allowed_domains_bind_administrators_of_the_organisation(boss, misp, organisation, mark):
    ok(misp.update_organisation({"restricted_to_domain": ["corp.example"]}, organisation.id))
    answer = refused(boss.add_user({"email": f"a-{mark}@elsewhere.example"}), 403)
    assert answer["errors"]["email"][0].startswith("Invalid e-mail domain.")
    made = ok(boss.add_user({"email": f"a-{mark}@sub.corp.example"}))["User"]
    ok(boss.update_user({"contactalert": True}, made["id"]))
    refused(boss.update_user({"email": f"b-{mark}@elsewhere.example"}, made["id"]), 403)
    ok(misp.update_user({"email": f"b-{mark}@elsewhere.example"}, made["id"]))


def test_plain_people_have_only_themselves(plain, boss, mark):
    for answer in (
        plain.users(),
        plain.add_user({"email": f"x-{mark}@example.org"}),
        plain.delete_user(plain.made["id"]),
        plain.direct_call(f"admin/users/view/{plain.made['id']}"),
        plain.direct_call(f"admin/users/edit/{plain.made['id']}", data={"role_id": 1}),
    ):
        assert refused(answer, 403)["name"] == FORBIDDEN
    assert refused(plain.get_user(boss.made["id"]), 404)["name"] == "Invalid user or not authorised."
    assert plain.get_user(plain.made["id"])["User"]["email"] == plain.made["email"]


def test_sync_users_are_no_administrators(make_user, connect):
    _, key = make_user("sync", role_id=5)
    client = connect(key)
    assert client.direct_call("servers/getVersion")["perm_sync"] is True
    assert refused(client.users(), 403)["name"] == FORBIDDEN
    assert isinstance(ok(client.direct_call("organisations/getUUIDs")), list)


def test_a_change_of_role_reaches_the_next_request(misp, boss):
    assert ok(boss.users())
    ok(misp.update_user({"role_id": 3}, boss.made["id"]))
    assert refused(boss.users(), 403)["name"] == FORBIDDEN
    ok(misp.update_user({"role_id": 2}, boss.made["id"]))
    assert ok(boss.users())


def test_the_last_site_administrator_stays(make_usher):
    from pymisp import PyMISP

    server = make_usher(demo=False)
    misp = PyMISP(server.env["MISP_URL"], server.env["MISP_KEY"])
    for answer in (misp.delete_user(1), misp.update_user({"disabled": True}, 1), misp.update_user({"role_id": 3}, 1)):
        refused(answer, 403)
    assert misp.get_user()["User"]["role_id"] == "1"
