"""Users over the wire: round trips, refusals, lists, and many calls at once."""

import json
import http.client
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

FIELDS = {
    "display_name": "Ada L.", "given_name": "Ada", "family_name": "Lovelace", "kind": "person",
    "status": "active", "department": "Engines", "title": "Analyst", "time_zone": "Europe/London",
    "locale": "en-GB", "lock_after": "2031-01-31T12:00:00.000Z", "second_factor_required": False,
}  # fmt: skip


def email() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.org"


def test_a_user_goes_round_field_by_field(native):
    address = email()
    made = native.post("/users", {"email": address, **FIELDS})
    assert {name: made[name] for name in FIELDS} == FIELDS
    assert made["email"] == address and made["login"] == address
    for name in (made["id"], made["number"], address, address.upper()):
        assert native.get(f"/users/{name}") == made
    change = {"given_name": "Augusta", "title": None, "status": "suspended", "lock_after": None}
    changed = native.patch(f"/users/{made['id']}", change)
    assert {name: changed[name] for name in change} == change
    assert changed["family_name"] == "Lovelace" and changed["standing"] == "suspended"
    assert changed["revision"] == made["revision"] + 1
    # Writing back what is shown changes nothing.
    assert native.patch(f"/users/{made['id']}", change)["revision"] == changed["revision"]
    assert native.delete(f"/users/{made['id']}", status=204) == ""
    native.get(f"/users/{made['id']}", status=404)
    # Names are free again after deletion, numbers are not.
    again = native.post("/users", {"email": address})
    assert again["number"] > made["number"]


@pytest.mark.parametrize(
    ("body", "status", "kind", "field"),
    [
        ({}, 422, "invalid", "email"),
        ({"email": "nobody"}, 422, "invalid", "email"),
        ({"email": "x@example.org", "kind": "robot"}, 422, "invalid", "kind"),
        ({"email": "x@example.org", "colour": "red"}, 422, "unknown-field", "colour"),
        ({"email": "x@example.org", "home": 10**6}, 422, "unknown-reference", "home"),
        ({"email": "x@example.org", "roles": ["usher:none"]}, 422, "unknown-reference", "roles"),
        ({"email": "x@example.org", "password": "password1234"}, 422, "weak-password", "password"),
        ([], 400, "malformed-body", None),
    ],
)
def test_a_refusal_names_the_field_and_the_request(native, body, status, kind, field):
    answer = native.session.post(f"{native.url}/api/v1/users", json=body, timeout=10)
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["type"] == f"urn:usher:problem:{kind}"
    assert problem.get("field") == field
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert problem["title"] and problem["detail"].endswith(".")


def test_nobody_overwrites_what_they_have_not_seen(native):
    user = native.post("/users", {"email": email()})
    path = f"{native.url}/api/v1/users/{user['id']}"
    tag = native.session.get(path, timeout=10).headers["ETag"]

    def write(title):
        answer = native.session.patch(path, json={"title": title}, headers={"If-Match": tag}, timeout=30)
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(write, [f"Title {number}" for number in range(16)]))
    assert statuses == [200] + [412] * 15


def test_an_address_belongs_to_one_of_many_who_ask_at_once(native):
    address = email()

    def make(_):
        answer = native.session.post(f"{native.url}/api/v1/users", json={"email": address}, timeout=30)
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(make, range(16)))
    assert statuses == [201] + [409] * 15


def test_a_batch_is_all_or_nothing(native):
    mark = uuid.uuid4().hex[:8]
    items = [{"email": f"batch{number}.{mark}@example.org"} for number in range(50)]
    assert len(native.post("/users/batch", {"items": items}, status=201)["items"]) == 50
    more = [{"email": f"other.{mark}@example.org"}, items[7]]
    assert native.post("/users/batch", {"items": more}, status=409)["field"] == "items[1].email"
    native.get(f"/users/other.{mark}@example.org", status=404)


def test_lists_page_filter_search_and_count(native):
    mark = uuid.uuid4().hex[:8]
    items = [
        {"email": f"p{number}.{mark}@example.org", "department": mark, "title": f"T{number % 3}"}
        for number in range(25)
    ]
    native.post("/users/batch", {"items": items})
    rows = native.all("/users", department=mark, sort="-email", limit=7)
    assert [row["email"] for row in rows] == sorted((item["email"] for item in items), reverse=True)
    page = native.get("/users", department=mark, title="T1", total="true", limit=3)
    assert page["total"] == 8 and len(page["items"]) == 3 and page["next"]
    assert len(native.all("/users", department=mark, title=["T1", "T2"])) == 16
    assert len(native.all("/users", q=mark)) == 25
    assert native.get("/users", q=f"p7.{mark}")["items"][0]["email"] == f"p7.{mark}@example.org"
    for name, value in {"limit": "0", "sort": "age", "cursor": "x", "kind": "robot", "colour": "red"}.items():
        assert native.get("/users", status=400, **{name: value})["field"] == name


def test_the_wire_keeps_its_manners(usher, native):
    base = f"{usher.url}/api/v1"
    answer = native.session.get(f"{base}/users/1", timeout=10)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert native.session.get(f"{base}//users/1/", timeout=10).json()["number"] == 1
    wrong = native.session.put(f"{base}/users", json={}, timeout=10)
    assert wrong.status_code == 405 and "POST" in wrong.headers["Allow"]
    plain = native.session.post(f"{base}/users", data="email=x", headers={"Content-Type": "text/plain"}, timeout=10)
    assert plain.status_code == 415
    nowhere = native.session.get(f"{base}/nowhere", timeout=10)
    assert nowhere.status_code == 404 and nowhere.json()["type"].endswith(":no-such-path")
    for headers in ({}, {"Authorization": "Bearer " + "0" * 40}, {"Authorization": "Basic eDp5"}):
        refused = requests.get(f"{base}/users", headers=headers, timeout=10)
        assert refused.status_code == 401 and refused.headers["WWW-Authenticate"] == "Bearer"
    described = requests.get(f"{base}/openapi.json", timeout=10).json()
    assert described["openapi"] == "3.1.0" and len(described["paths"]) > 50


def test_a_refusal_leaves_the_connection_in_order(native):
    """Who is refused before the body is read can go on asking over the same connection."""
    connection = http.client.HTTPConnection(native.url.removeprefix("http://"), timeout=10)
    sockets = set()
    for size in (10, 1_000, 100_000, 900_000):
        body = json.dumps({"email": "x@example.org", "title": "x" * size})
        connection.request("POST", "/api/v1/users", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 401
        assert json.loads(answer.read())["type"].endswith(":no-credential")
        sockets.add(id(connection.sock))
        assert connection.sock is not None, "the server closed the connection"
    assert len(sockets) == 1
    connection.close()
