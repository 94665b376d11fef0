"""API keys."""

import uuid

import pytest
from misp_answers import ok, refused
from pymisp import PyMISPUnexpectedResponse

FIELDS = {
    "id", "uuid", "authkey_start", "authkey_end", "created", "expiration", "read_only", "user_id", "comment",
    "allowed_ips", "unique_ips",
}  # fmt: skip


def test_new_keys_by_the_clients_method(misp, plain, connect):
    for user, who in (("me", "1"), (plain.made["id"], plain.made["id"])):
        key = misp.get_new_authkey(user)
        assert len(key) == 40 and key.isalnum()
        assert connect(key).get_user()["User"]["id"] == who
    assert connect(plain.get_new_authkey()).get_user()["User"]["id"] == plain.made["id"]
    for client, user in ((misp, 999999), (plain, 1), (plain, 999999)):
        with pytest.raises(PyMISPUnexpectedResponse):
            client.get_new_authkey(user)


def test_errors_of_adding(misp, plain):
    unknown = refused(misp.direct_call("auth_keys/add/999999", data={}), 403)
    assert unknown == {
        "saved": False, "name": "Could not add auth_key", "message": "Could not add auth_key",
        "url": "/auth_keys/add", "errors": {"user_id": ["User doesn't exists"]},
    }  # fmt: skip
    said = "Invalid user or insufficient privileges to interact with an authkey for the given user."
    assert refused(plain.direct_call("auth_keys/add/1", data={}), 405)["name"] == said
    for sent, errors in [
        ({"expiration": "soon"}, {"expiration": ["Expiration must be in YYYY-MM-DD format."]}),
        ({"allowed_ips": ["1.2.3.4.5"]}, {"allowed_ips": ["1.2.3.4.5 is not valid IP range"]}),
        ({"read_only": "maybe"}, {"read_only": ["boolean"]}),
    ]:
        assert refused(misp.direct_call("auth_keys/add/me", data=sent), 403)["errors"] == errors


def test_all_fields(misp, plain):
    own = str(uuid.uuid4())
    sent = {
        "comment": "ci", "expiration": "2031-02-03", "allowed_ips": ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"],
        "read_only": 1, "uuid": own, "user_id": 1, "authkey": "x" * 40,
    }  # fmt: skip
    made = ok(misp.direct_call(f"auth_keys/add/{plain.made['id']}", data=sent))["AuthKey"]
    assert set(made) == FIELDS | {"authkey_raw"}
    assert (made["authkey_start"], made["authkey_end"]) == (made["authkey_raw"][:4], made["authkey_raw"][-4:])
    seen = ok(misp.direct_call(f"auth_keys/view/{made['id']}"))
    assert set(seen["AuthKey"]) == FIELDS and seen["User"] == {"id": plain.made["id"], "email": plain.made["email"]}
    for key in (made, seen["AuthKey"]):
        assert (key["uuid"], key["comment"], key["user_id"]) == (own, "ci", plain.made["id"])
        assert (key["expiration"], key["read_only"]) == ("1927843200", True)
        assert key["allowed_ips"] == sent["allowed_ips"]
    edited = ok(misp.direct_call(f"auth_keys/edit/{made['id']}", data={"comment": "changed", "read_only": 0, "allowed_ips": "127.0.0.1\n::1", "expiration": 0}))
    assert edited["User"] == {"id": plain.made["id"], "org_id": plain.made["org_id"]}
    seen = ok(misp.direct_call(f"auth_keys/view/{made['id']}"))["AuthKey"]
    assert (seen["comment"], seen["read_only"], seen["expiration"]) == ("changed", False, "0")
    assert seen["allowed_ips"] == ["127.0.0.1", "::1"]


def test_lists(misp, plain, boss, mark):
    ok(plain.direct_call("auth_keys/add/me", data={"comment": mark}))

    def rows(client, path, data=None):
        return [row["AuthKey"] for row in ok(client.direct_call(path, data=data))]

    mine = rows(plain, "auth_keys/index")
    assert {key["user_id"] for key in mine} == {plain.made["id"]} and len(mine) == 2
    assert all("authkey_raw" not in key for key in mine)
    assert {key["user_id"] for key in rows(boss, "authKeys")} == {plain.made["id"], boss.made["id"]}
    assert rows(misp, f"auth_keys/index/{plain.made['id']}") == mine
    assert [key["comment"] for key in rows(misp, f"auth_keys/index/comment:{mark}")] == [mark]
    assert [key["comment"] for key in rows(misp, "auth_keys/index", {"comment": mark})] == [mark]
    start = mine[0]["authkey_start"]
    assert mine[0]["id"] in [key["id"] for key in rows(plain, "auth_keys/index", {"authkey_start": start})]
    assert rows(misp, "auth_keys/index", {"User.email": plain.made["email"]}) == mine
    assert {key["user_id"] for key in rows(misp, "auth_keys/index")} >= {"1", plain.made["id"], boss.made["id"]}


def test_deleting_and_foreign_keys(misp, plain):
    made = ok(misp.direct_call("auth_keys/add/me", data={}))["AuthKey"]
    for path, data in (("view", None), ("edit", {"comment": "x"}), ("delete", {})):
        assert refused(plain.direct_call(f"auth_keys/{path}/{made['id']}", data=data), 404)["name"] == "Invalid AuthKey."
    answer = ok(misp.direct_call(f"auth_keys/delete/{made['id']}", data={}))
    said = "AuthKey deleted."
    url = f"/auth_keys/delete/{made['id']}"
    assert answer == {"saved": True, "success": True, "name": said, "message": said, "url": url, "id": int(made["id"])}
    for path, data in (("view", None), ("delete", {})):
        assert refused(misp.direct_call(f"auth_keys/{path}/{made['id']}", data=data), 404)["name"] == "Invalid AuthKey."


def test_renewing(misp, plain, connect):
    second = connect(plain.get_new_authkey())
    answer = ok(second.direct_call("users/resetauthkey/me", data={}))
    assert answer["message"].startswith("Authkey updated: ")
    third = connect(answer["message"].removeprefix("Authkey updated: "))
    refused(second.get_user(), 403)
    # Only the key in use was renewed.
    assert plain.get_user()["User"]["id"] == third.get_user()["User"]["id"]
    answer = ok(misp.direct_call(f"users/resetauthkey/{plain.made['id']}", data={}))
    assert answer["id"] == plain.made["id"]
    refused(plain.get_user(), 403)
    refused(third.get_user(), 403)
    assert connect(answer["message"].split()[-1]).get_user()["User"]["id"] == plain.made["id"]
    assert refused(misp.direct_call("users/resetauthkey/999999", data={}), 405)["name"] == "Invalid user."
