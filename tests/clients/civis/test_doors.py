"""The same people through other doors, and the other way round."""

from __future__ import annotations

from civis_people import connect, group_named, make_user, word


def test_made_natively_shown_here(usher, native, client):
    organisation = native.post("/organisations", {"name": word("Native")})
    login = word("native")
    user = native.post(
        "/users",
        {
            "email": f"{login}@civis.example.org", "given_name": "Grace", "family_name": "Hopper",
            "department": "Navy", "title": "Admiral", "home": organisation["id"],
        },
    )  # fmt: skip
    shown = client.users.get(user["number"])
    base = group_named(client, organisation["name"])
    assert (shown.user, shown.name, shown.initials) == (f"{login}@civis.example.org", "Grace Hopper", "GH")
    assert (shown.department, shown.title, shown.organization_slug) == ("Navy", "Admiral", organisation["slug"])
    assert (shown.primary_group_id, shown.groups) == (base.id, []), "no group, but one that is called primary"
    assert shown.account_status == "Active"
    # Without any right of this platform there are still one's own settings.
    key = native.post(f"/users/{user['id']}/keys", {"name": "test"})["secret"]
    theirs = connect(usher, key)
    me = theirs.users.list_me()
    assert (me.id, me.roles, me.groups, me.primary_group_id) == (user["number"], [], [], base.id)
    theirs.users.patch_me(preferences={"welcome_order_dir": "asc"})
    assert [row.id for row in theirs.users.list()] == [user["number"]]


def test_a_service_account_without_an_address(native, client):
    user = native.post("/users", {"kind": "service", "login": word("robot")})
    shown = client.users.get(user["number"])
    assert shown.robot is True and shown.email.endswith("@usher.invalid")
    assert client.users.patch(user["number"], email=shown.email).unconfirmed_email is None


def test_made_here_shown_natively(native, client, organisation):
    user = make_user(client, organisation.base.id, name="Wanda Wire", time_zone="UTC", department="Ops")
    shown = native.get(f"/users/{user.id}")
    assert (shown["login"], shown["email"], shown["name"]) == (user.user, user.email, "Wanda Wire")
    assert (shown["time_zone"], shown["department"]) == ("UTC", "Ops")
    client.users.patch(user.id, account_status="Suspended")
    assert native.get(f"/users/{user.id}")["status"] == "suspended"
    native.patch(f"/users/{user.id}", {"status": "active"})
    assert client.users.get(user.id).account_status == "Active"
    native.patch(f"/users/{user.id}", {"status": "expired"})
    assert client.users.get(user.id).account_status == "Deactivated"
