"""Who may do what: administrators of an organisation, limited keys, sessions, second factors."""

import base64
import hashlib
import hmac
import struct
import time
import uuid

import pytest

PASSWORD = "seven purple elephants dance"
OTHER = "nine yellow giraffes whistle"


def mark() -> str:
    return uuid.uuid4().hex[:10]


@pytest.fixture
def branch(native):
    """An organisation with an administrator, a member, and a stranger in another one."""
    name = f"Branch {mark()}"
    here = native.post("/organisations", {"name": name})
    elsewhere = native.post("/organisations", {"name": f"Other {mark()}"})
    admin, administrator = native.person(
        f"admin.{mark()}@example.org", home=here["id"], roles=["usher:administrator"]
    )
    member, as_member = native.person(f"member.{mark()}@example.org", home=here["id"])
    stranger, _ = native.person(f"stranger.{mark()}@example.org", home=elsewhere["id"])
    return {
        "here": here, "elsewhere": elsewhere, "administrator": administrator, "admin": admin,
        "member": member, "as_member": as_member, "stranger": stranger,
    }  # fmt: skip


def test_an_administrator_rules_the_branch_and_nothing_else(native, branch):
    api = branch["administrator"]
    logins = {row["login"] for row in api.all("/users")}
    assert logins == {branch["admin"]["login"], branch["member"]["login"]}
    child = api.post("/organisations", {"name": f"Child {mark()}", "parent": branch["here"]["id"]})
    made = api.post("/users", {"email": f"new.{mark()}@example.org", "home": child["id"]})
    assert api.patch(f"/users/{made['id']}", {"title": "Clerk"})["title"] == "Clerk"
    # What lies outside cannot be told from what does not exist.
    hidden = api.get(f"/users/{branch['stranger']['id']}", status=404)
    missing = api.get(f"/users/{uuid.uuid4()}", status=404)
    assert {**hidden, "request_id": 0} == {**missing, "request_id": 0}
    for method, path, body in [
        ("PATCH", f"/users/{branch['stranger']['number']}", {"title": "x"}),
        ("DELETE", f"/users/{branch['stranger']['login']}", None),
        ("POST", f"/users/{branch['stranger']['id']}/keys", {}),
        ("PUT", f"/users/{branch['stranger']['id']}/password", {"password": OTHER}),
        ("GET", f"/organisations/{branch['elsewhere']['id']}", None),
        ("PATCH", f"/organisations/{branch['elsewhere']['id']}", {"sector": "x"}),
    ]:
        api.call(method, path, json=body, status=404)
    refused = api.post("/users", {"email": f"x.{mark()}@example.org", "home": branch["elsewhere"]["id"]}, status=422)
    assert refused["field"] == "home"
    assert api.post(f"/users/{branch['member']['id']}/grants", {"role": "usher:owner"}, status=403)
    api.get("/users/1", status=404)
    api.get("/settings", status=403)


def test_a_member_sees_and_changes_oneself_only(branch):
    api = branch["as_member"]
    assert api.get("/me")["login"] == branch["member"]["login"]
    assert api.patch("/me", {"title": "Reader"})["title"] == "Reader"
    assert [row["login"] for row in api.get("/users")["items"]] == [branch["member"]["login"]]
    api.get(f"/users/{branch['admin']['id']}", status=404)
    for method, path, body in [
        ("POST", "/users", {"email": "x@example.org"}),
        ("POST", "/organisations", {"name": "x"}),
        ("POST", "/groups", {"name": "x"}),
        ("POST", "/roles", {"name": "x"}),
        ("PATCH", "/settings/lockout", {"enabled": False}),
        # Malformed bodies tell the powerless nothing more.
        ("POST", "/users", []),
    ]:
        assert api.call(method, path, json=body, status=403)["type"].endswith(":forbidden")


def test_keys_have_limits_and_ends(native, make_native, branch):
    path = f"/users/{branch['member']['id']}/keys"
    reader = native.post(path, {"name": "reader", "read_only": True})
    api = make_native(reader["secret"])
    assert api.get("/me")["credential"]["read_only"] is True
    assert api.patch("/me", {"title": "x"}, status=403)["type"].endswith(":key-limit")
    elsewhere = native.post(path, {"name": "elsewhere", "addresses": ["198.51.100.0/24"]})
    make_native(elsewhere["secret"]).get("/me", status=401)
    end = time.time() + 2
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
    short = native.post(path, {"name": "short", "expires_at": soon})
    api = make_native(short["secret"])
    api.get("/me")
    time.sleep(max(0.0, end - time.time()))
    api.get("/me", status=401)
    native.delete(f"/keys/{reader['id']}", status=204)
    make_native(reader["secret"]).get("/me", status=401)
    listed = native.all(path)
    assert {row["name"] for row in listed} >= {"reader", "elsewhere", "short"}
    assert not any("secret" in row for row in listed)


def test_losing_access_counts_from_the_next_request(native, branch):
    api = branch["administrator"]
    api.get("/users")
    path = f"/users/{branch['admin']['id']}"
    grant = next(row for row in native.get(f"{path}/grants")["items"] if row["role"]["word"] == "administrator")
    native.delete(f"{path}/grants/{grant['number']}", status=204)
    api.post("/users", {"email": "x@example.org"}, status=403)
    for status in ("suspended", "inactive", "expired"):
        native.patch(path, {"status": status})
        assert api.get("/me", status=401)["type"].endswith(":not-active")
    native.patch(path, {"status": "active"})
    api.get("/me")
    native.patch(path, {"locked": True})
    api.get("/me", status=401)
    native.delete(path, status=204)
    api.get("/me", status=401)


def code(secret: str, step: int) -> str:
    """A one-time code as authenticators make it (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[19] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def test_a_second_factor_from_enrolment_to_removal(native, make_native):
    address = f"factor.{mark()}@example.org"
    user = native.post("/users", {"email": address, "password": PASSWORD, "must_change_password": False})
    stranger = make_native(None)
    signed = stranger.post("/sign-in", {"login": address, "password": PASSWORD})
    api = make_native(signed["token"])
    begun = api.post("/me/second-factor", {"current_password": PASSWORD})
    step = int(time.time()) // 30
    codes = api.put("/me/second-factor", {"code": code(begun["secret"], step)})["recovery_codes"]
    assert len(codes) >= 8 and api.get("/me/second-factor")["recovery_codes_left"] == len(codes)
    assert native.get(f"/users/{user['id']}")["second_factor"] is True
    # The password alone opens no longer; each code opens once.
    refused = stranger.post("/sign-in", {"login": address, "password": PASSWORD}, status=401)
    assert refused["type"].endswith(":second-factor-needed")
    used = {"login": address, "password": PASSWORD, "code": code(begun["secret"], step)}
    assert stranger.post("/sign-in", used, status=401)["type"].endswith(":second-factor-wrong")
    fresh = {**used, "code": code(begun["secret"], step + 1)}
    assert stranger.post("/sign-in", fresh)["session"]["second_factor"] is True
    recovery = {**used, "code": codes[0]}
    stranger.post("/sign-in", recovery)
    stranger.post("/sign-in", recovery, status=401)
    # A helpdesk takes it away.
    native.delete(f"/users/{user['id']}/second-factor", status=204)
    stranger.post("/sign-in", {"login": address, "password": PASSWORD})


def test_sessions_passwords_and_the_password_of_somebody_else(native, make_native):
    address = f"session.{mark()}@example.org"
    user = native.post("/users", {"email": address, "password": PASSWORD})
    stranger = make_native(None)
    signed = stranger.post("/sign-in", {"login": address, "password": PASSWORD})
    assert signed["must_change_password"] is True
    api = make_native(signed["token"])
    assert api.get("/me/keys", status=403)["type"].endswith(":password-change-needed")
    api.put("/me/password", {"password": OTHER}, status=422)
    api.put("/me/password", {"current_password": PASSWORD, "password": OTHER}, status=204)
    api.get("/me/keys")
    second = make_native(stranger.post("/sign-in", {"login": address, "password": OTHER})["token"])
    assert len(native.get(f"/users/{user['id']}/sessions")["items"]) == 2
    assert second.delete("/me/sessions") == {"ended": 1}
    api.get("/me", status=401)
    second.post("/sign-out", status=204)
    second.get("/me", status=401)


def test_a_lost_password_tells_nobody_who_is_here(native, make_native):
    address = f"lost.{mark()}@example.org"
    native.post("/users", {"email": address, "password": PASSWORD, "must_change_password": False})
    stranger = make_native(None)
    for login in (address, f"nobody.{mark()}@example.org"):
        assert stranger.post("/password-resets", {"login": login}, status=202) == ""
    refused = [
        stranger.post("/sign-in", {"login": login, "password": "wrong"}, status=401)
        for login in (address, f"nobody.{mark()}@example.org")
    ]
    assert {**refused[0], "request_id": 0} == {**refused[1], "request_id": 0}
