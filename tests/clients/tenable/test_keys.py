"""Signing in and out, API keys, and who is let in."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
import requests
from tenable.errors import (
    APIError,
    BadRequestError,
    ForbiddenError,
    InvalidMethodError,
    NotFoundError,
    UnauthorizedError,
    UnsupportedMediaTypeError,
)
from tenable.ie import TenableIE
from tenable_people import PASSWORD, connect, fresh_email, key_of, sign_in


def test_signing_in_gives_a_token_that_opens_like_a_key(usher, make_person):
    person = make_person()
    answer = connect(usher, "none").post("login", json={"email": person["email"], "password": PASSWORD})
    assert set(answer) == {"authToken", "needPasswordReset"}
    assert answer["needPasswordReset"] is False
    client = connect(usher, answer["authToken"])
    assert client.users.info()["id"] == person["id"]
    bearer = requests.get(
        f"{usher.url}/tenable/api/users/whoami",
        headers={"Authorization": f"Bearer {answer['authToken']}"},
        timeout=30,
    )
    assert bearer.json()["id"] == person["id"]
    # The address is compared without case.
    assert sign_in(usher, person["email"].upper())


def test_signing_out_ends_the_session(usher, make_person):
    person = make_person()
    client, other = (connect(usher, sign_in(usher, person["email"])) for _ in range(2))
    answer = client.post("logout", conv_json=False)
    assert (answer.status_code, answer.content) == (204, b"")
    with pytest.raises(UnauthorizedError):
        client.users.info()
    assert other.users.info()["id"] == person["id"]


def test_signing_out_with_a_key_leaves_the_key(as_person):
    client, person = as_person()
    assert client.post("logout", conv_json=False).status_code == 204
    assert client.users.info()["id"] == person["id"]


def test_refusals_to_sign_in_read_alike(usher, tie, make_person):
    person = make_person()
    inactive = make_person(active=False)
    texts = set()
    for email, password in [
        (person["email"], "wrong-Password-1"),
        ("nobody@tie.example.org", PASSWORD),
        (inactive["email"], PASSWORD),
    ]:
        with pytest.raises(UnauthorizedError) as refused:
            sign_in(usher, email, password)
        texts.add(refused.value.response.text)
    assert len(texts) == 1


def test_the_key_that_was_presented_is_shown(as_person):
    client, _ = as_person()
    key = client.api_keys.get()
    assert key == client.api_keys.get()
    assert len(key) >= 36


def test_a_session_gets_a_key_of_its_own(usher, make_person):
    person = make_person()
    session = connect(usher, sign_in(usher, person["email"]))
    key = session.api_keys.get()
    assert connect(usher, key).users.info()["id"] == person["id"]
    assert connect(usher, key).api_keys.get() == key


def test_refreshing_kills_the_former_key_at_once(usher, as_person):
    client, person = as_person()
    other, _ = as_person()
    old = client.api_keys.get()
    new = client.api_keys.refresh()
    assert new != old
    # The client has adopted the new one.
    assert client.users.info()["id"] == person["id"]
    assert client.api_keys.get() == new
    with pytest.raises(UnauthorizedError):
        connect(usher, old).users.info()
    assert other.users.info()


def test_a_key_survives_a_new_password(usher, as_person):
    client, person = as_person()
    client.users.change_password(old_password=PASSWORD, new_password="Fr3sh!Marigold-Canyon")
    assert client.users.info()["id"] == person["id"]


def test_without_and_with_wrong_keys(usher):
    for key in ("nope", "x" * 40, "x" * 5_000):
        with pytest.raises(UnauthorizedError):
            connect(usher, key).users.list()
    for method, path in [("GET", "users"), ("POST", "users"), ("GET", "roles"), ("GET", "users/whoami")]:
        answer = requests.request(method, f"{usher.url}/tenable/api/{path}", timeout=30)
        assert answer.status_code == 401
        body = answer.json()
        assert (body["statusCode"], body["error"]) == (401, "Unauthorized") and body["message"]


def test_what_needs_nobody_signed_in(usher):
    nobody = {"url": f"{usher.url}/tenable/api", "timeout": 30}
    assert requests.get(f"{nobody['url']}/about", timeout=30).status_code == 200
    answer = requests.post(f"{nobody['url']}/users/forgotten-password", json={"email": "x@example.org"}, timeout=30)
    assert (answer.status_code, answer.json()) == (200, None)
    body = {"token": "x", "newPassword": PASSWORD}
    assert requests.post(f"{nobody['url']}/users/retrieve-password", json=body, timeout=30).status_code == 401


def test_environment_and_options(usher, monkeypatch):
    monkeypatch.setenv("TIE_URL", usher.env["TIE_URL"])
    monkeypatch.setenv("TIE_API_KEY", usher.env["TIE_API_KEY"])
    assert usher.env["TIE_URL"] == f"{usher.url}/tenable"
    assert TenableIE().users.info()["id"] == 1
    assert TenableIE(url=f"{usher.url}/tenable/").users.list()
    with TenableIE(vendor="Acme", product="Sync", build="7") as client:
        assert client.users.list()


def test_about(usher, tie):
    assert tie.about.version() == "3.77.0"
    assert set(tie.get("about")) == {"version", "hostname", "isSaaSDeployment"}


def test_refusals_have_one_shape(usher, tie):
    for call, error, status, phrase in [
        (lambda: tie.get("users/abc"), BadRequestError, 400, "Bad Request"),
        (lambda: tie.get("users/2147480000"), NotFoundError, 404, "Not Found"),
        (lambda: tie.get("nothing-here"), NotFoundError, 404, "Not Found"),
        (lambda: tie.delete("users"), InvalidMethodError, 405, "Method Not Allowed"),
        (
            lambda: tie.post("users", data="name=x", headers={"Content-Type": "text/plain"}),
            UnsupportedMediaTypeError, 415, "Unsupported Media Type",
        ),
        (
            lambda: tie.post("users", data="{", headers={"Content-Type": "application/json"}),
            BadRequestError,
            400,
            "Bad Request",
        ),
    ]:
        with pytest.raises(error) as refused:
            call()
        response = refused.value.response
        assert isinstance(refused.value, APIError) and refused.value.code == status
        assert response.headers["Content-Type"].startswith("application/json")
        body = response.json()
        assert set(body) == {"statusCode", "error", "message"}
        assert (body["statusCode"], body["error"]) == (status, phrase)


def key_by_native(native, person, **limits):
    return native.post(f"/users/{person['id']}/keys", {"name": "limited", **limits})["secret"]


def test_a_read_only_key(usher, native, make_person):
    person = make_person(roles=[1])
    client = connect(usher, key_by_native(native, person, read_only=True))
    assert client.users.list() and client.roles.list() and client.users.info()
    assert client.api_keys.get()
    for refused in [
        lambda: client.users.create(name="A", email=fresh_email(), password=PASSWORD),
        lambda: client.users.update(str(person["id"]), name="EDITED"),
        lambda: client.api_keys.refresh(),
        lambda: client.lockout_policy.update(enabled=True),
    ]:
        with pytest.raises(ForbiddenError):
            refused()
    assert client.users.details(person["id"])["name"] == "Ada"


def test_an_expired_key(usher, native, make_person):
    person = make_person()
    soon = (datetime.now(timezone.utc) + timedelta(seconds=1)).isoformat()
    key = key_by_native(native, person, expires_at=soon)
    time.sleep(1.5)
    with pytest.raises(UnauthorizedError):
        connect(usher, key).users.info()


def test_a_revoked_key(usher, native, make_person):
    person = make_person()
    made = native.post(f"/users/{person['id']}/keys", {"name": "to be revoked"})
    client = connect(usher, made["secret"])
    assert client.users.info()["id"] == person["id"]
    native.delete(f"/keys/{made['id']}")
    with pytest.raises(UnauthorizedError):
        client.users.info()


def test_a_deleted_owner(tie, as_person):
    client, person = as_person()
    tie.users.delete(str(person["id"]))
    with pytest.raises(UnauthorizedError):
        client.users.info()


def test_parallel_creation(tie, usher):
    emails = [fresh_email("parallel") for _ in range(24)]

    def create(email):
        return connect(usher).users.create(name="P", email=email, password=PASSWORD)[0]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(create, emails))
    assert len({person["id"] for person in made}) == len(emails)
    listed = {person["email"] for person in tie.users.list()}
    assert set(emails) <= listed


def test_parallel_creation_of_one_address(tie, usher):
    email = fresh_email("race")

    def create(_):
        try:
            return connect(usher).users.create(name="R", email=email, password=PASSWORD)[0]["id"]
        except APIError as refused:
            return refused.code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(create, range(8)))
    assert outcomes.count(409) == 7
    assert [one["email"] for one in tie.users.list()].count(email) == 1


def test_parallel_changes_of_different_fields_all_last(tie, usher, make_person):
    person = make_person()
    changes = [{"surname": "Lovelace"}, {"department": "Math"}, {"name": "Augusta"}] * 4

    def change(fields):
        return connect(usher).users.update(str(person["id"]), **fields)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(change, changes))
    after = tie.users.details(person["id"])
    assert (after["name"], after["surname"], after["department"]) == ("Augusta", "Lovelace", "Math")


def test_keys_are_got_as_a_script_gets_them(usher, make_person):
    person = make_person()
    assert connect(usher, key_of(usher, person["email"])).users.info()["id"] == person["id"]
