"""Who may do what: an ordinary user, an administrator of another organisation, keys that may only read."""

from __future__ import annotations

import pytest
import requests
from civis_people import connect, key_of, make_user, refused, word


def test_an_ordinary_user(client, organisation):
    users, own = organisation.as_user.users, organisation.user.id
    other = organisation.admin.id
    # Sees the people of the organisation and changes nobody.
    assert {row.id for row in users.list()} == {own, other}
    assert users.get(other).my_permission_level == "read"
    assert users.get(own).my_permission_level == "write"
    for call in (
        lambda: users.patch(other, city="x"),
        lambda: users.patch(own, city="x"),
        lambda: users.post("x", "x@civis.example.org", organisation.base.id, word()),
        lambda: users.delete_sessions(other),
        lambda: users.delete_sessions(own),
        lambda: users.delete_2fa(own),
        lambda: users.delete_2fa(other),
        lambda: users.post_unsuspend(other),
        lambda: users.post_access_email(other),
    ):
        error = refused(call, 403)
        assert error._response.json()["error"] == "forbidden"
    assert client.users.get(other).city is None


def test_an_administrator_sees_one_organisation(native, client, organisation):
    admin = organisation.as_admin.users
    native.post("/organisations", {"name": (name := word("Elsewhere"))})
    base = [group for group in client.groups.list(query=name) if group.name == name][0]
    stranger = make_user(client, base.id)
    assert admin.get(organisation.user.id).my_permission_level == "manage"
    made = make_user(organisation.as_admin, organisation.base.id)
    assert made.created_by_id == organisation.admin.id
    assert stranger.id not in {row.id for row in admin.list(limit=1000, account_status="all")}
    for call in (
        lambda: admin.get(stranger.id),
        lambda: admin.patch(stranger.id, city="x"),
        lambda: admin.delete_sessions(stranger.id),
        lambda: admin.delete_2fa(stranger.id),
        lambda: admin.post_unsuspend(stranger.id),
        lambda: admin.post_access_email(stranger.id),
        lambda: admin.list_api_keys(stranger.id),
        lambda: organisation.as_admin.groups.get(base.id),
    ):
        refused(call, 404, "The requested resource could not be found.")
    refused(lambda: make_user(organisation.as_admin, base.id), 400, "Group could not be found")


def test_nobody_takes_over_who_holds_more(usher, client, organisation):
    """The owner joins the organisation's groups; its administrator does not become the owner by that."""
    admin = organisation.as_admin.users
    mighty = make_user(client, organisation.base.id)
    usher.native.post(f"/users/{mighty.id}/grants", {"role": "usher:owner"})
    for call in (
        lambda: admin.patch(mighty.id, password="Correct-Horse-9-Battery"),
        lambda: admin.patch(mighty.id, account_status="Suspended"),
        lambda: admin.post_api_keys(mighty.id, 60, "x"),
        lambda: admin.delete_2fa(mighty.id),
        lambda: admin.post_access_email(mighty.id),
    ):
        refused(call, 403)
    assert client.users.get(mighty.id).account_status == "Active"


def test_a_key_that_may_only_read(usher, native, organisation):
    key = native.post(f"/users/{organisation.admin.id}/keys", {"name": "reads", "read_only": True})["secret"]
    theirs = connect(usher, key)
    assert theirs.users.list_me().id == organisation.admin.id
    for call in (
        lambda: theirs.users.patch(organisation.user.id, city="x"),
        lambda: theirs.users.patch_me(preferences={"welcome_order_dir": "x"}),
        lambda: theirs.users.post_me_favorites(1, "Project"),
        lambda: theirs.users.post_api_keys("me", 60, "x"),
        lambda: theirs.groups.post(word("x")),
    ):
        refused(call, 403, "does not permit")


@pytest.mark.parametrize("status", ["Deactivated", "Suspended"])
def test_keys_of_accounts_that_are_not_active(usher, client, organisation, status):
    user = make_user(client, organisation.base.id)
    theirs = connect(usher, key_of(client, user.id))
    client.users.patch(user.id, account_status=status)
    with pytest.raises(Exception, match="Bearer realm"):
        theirs.users.list_me()
    client.users.patch(user.id, account_status="Active")
    assert theirs.users.list_me().id == user.id


def test_without_a_key(usher):
    address = usher.env["CIVIS_API_ENDPOINT"].rstrip("/")
    for options in ({}, {"auth": ("", "")}, {"auth": ("wrong", "")}, {"headers": {"Authorization": "Basic !!!"}}):
        answer = requests.get(f"{address}/users/me", timeout=30, **options)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Civis Platform"')
        assert answer.json()["error"] == "unauthorized"


def test_inactive_accounts_are_suspended_by_the_setting(native, client):
    """The setting can be seen and changed; nobody of this young server is old enough for it."""
    before = native.get("/settings/inactivity")
    assert before == {"suspend_after_days": 0}
    try:
        assert native.patch("/settings/inactivity", {"suspend_after_days": 90}) == {"suspend_after_days": 90}
    finally:
        native.patch("/settings/inactivity", before)
