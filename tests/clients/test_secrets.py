"""No secret in plain text anywhere at rest or in what is logged: a canary is looked for in all of it."""

import base64
import json
import os
import shutil
import subprocess
import urllib.parse

import pytest
import requests

CANARY = "canary7Xq2Lw9Zt4"
PASSWORDS = {
    "created": f"A-{CANARY}-created-1",
    "changed": f"A-{CANARY}-changed-2",
    "tried": f"A-{CANARY}-tried-3",
}


def traces(secret: str) -> list[bytes]:
    """The forms in which a secret could have slipped out."""
    plain = secret.encode()
    return [
        plain,
        base64.b64encode(plain),
        base64.urlsafe_b64encode(plain).rstrip(b"="),
        plain.hex().encode(),
        urllib.parse.quote(secret).encode(),
        json.dumps(secret)[1:-1].encode(),
    ]


def use_secrets(server) -> list[str]:
    """Does with secrets what the server offers, and names those that must not be found again."""
    native = server.native
    user = native.post("/users", {"email": "canary@example.org", "password": PASSWORDS["created"]})
    native.put(f"/users/{user['id']}/password", {"password": PASSWORDS["changed"]})
    key = native.post(f"/users/{user['id']}/keys", {"name": "canary"})["secret"]
    assert native_me(server, key) == 200
    # Refused ones: wrong passwords, keys that do not exist, bodies that do not parse.
    sign_in = f"{server.url}/api/v1/sign-in"
    for body in ({"login": "canary@example.org", "password": PASSWORDS["tried"]},):
        assert 400 <= requests.post(sign_in, json=body, timeout=10).status_code < 500
    broken = '{"login": "canary@example.org", "password": "' + PASSWORDS["tried"] + '"'
    assert 400 <= requests.post(sign_in, data=broken, headers={"Content-Type": "application/json"}, timeout=10).status_code < 500
    assert native_me(server, PASSWORDS["tried"]) == 401
    assert requests.get(f"{server.url}/api/v1/users?q={PASSWORDS['tried']}", timeout=10).status_code == 401
    answer = requests.post(sign_in, json={"login": "canary@example.org", "password": PASSWORDS["changed"]}, timeout=10)
    assert answer.ok, answer.text
    session = answer.json()["token"]
    assert native_me(server, session) == 200
    return [*PASSWORDS.values(), CANARY, key, session]


def native_me(server, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{server.url}/api/v1/me", headers=headers, timeout=10).status_code


def events(server) -> str:
    native = server.native
    text, cursor = "", None
    while True:
        page = native.get("/events", limit=500, **({"cursor": cursor} if cursor else {}))
        text += json.dumps(page["items"])
        cursor = page.get("next")
        if not cursor:
            return text


def look_for(secrets: list[str], places: dict[str, bytes]) -> None:
    found = [
        f"{secret[:6]}… in {place}"
        for secret in secrets
        for form in traces(secret)
        for place, content in places.items()
        if form in content
    ]
    assert not found, found


def test_no_secret_is_found_in_database_log_or_events(make_usher):
    server = make_usher(env={"USHER_LOG_FILTER": "trace"})
    secrets = use_secrets(server)
    places = {"events": events(server).encode()}
    assert '"user.created"' in places["events"].decode()
    assert server.stop() == 0
    places["log"] = server.stderr().encode()
    for path in server.data.rglob("*"):
        # The first is the owner's to keep; it is not the database's.
        if path.is_file() and path.name != "first-run.env":
            places[path.name] = path.read_bytes()
    assert any(b"canary@example.org" in content for content in places.values()), "looked in the wrong places"
    look_for(secrets, places)
    owner = [server.env["USHER_TOKEN"], server.env["USHER_PASSWORD"]]
    look_for(owner, places)


def test_no_secret_is_found_in_a_dump_of_postgresql(make_usher):
    url = os.environ["USHER_TEST_POSTGRES"]
    base = url.rsplit("/", 1)[0]
    name = f"usher_canary_{os.getpid()}"
    run = lambda *args: subprocess.run(args, check=True, capture_output=True, timeout=60).stdout  # noqa: E731
    run(tool("psql"), url, "-c", f"CREATE DATABASE {name}")
    try:
        server = make_usher(args=["--database", f"{base}/{name}"])
        secrets = use_secrets(server)
        assert server.stop() == 0
        dump = run(tool("pg_dump"), f"{base}/{name}")
        assert b"canary@example.org" in dump
        look_for(secrets, {"dump": dump, "log": server.stderr().encode()})
    finally:
        run(tool("psql"), url, "-c", f"DROP DATABASE {name} WITH (FORCE)")


def tool(name: str) -> str:
    """A program of PostgreSQL's, which may stand beside the server and not on the path."""
    found = shutil.which(name)
    if found is None:
        from pathlib import Path

        beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        found = str(beside[-1]) if beside else None
    if found is None:
        pytest.fail(f"{name} is missing: it comes with PostgreSQL's client programs")
    return found
