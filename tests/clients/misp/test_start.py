"""Starting the client, keys, and what goes wrong with them."""

import pytest
import requests
from misp_answers import ok, refused
from pymisp import MISPRole, MISPUser, NoKey, PyMISP, PyMISPError

REFUSED = "Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header."


def test_the_client_starts(misp):
    assert misp.misp_instance_version["version"] == misp.recommended_pymisp_version["version"] == "2.5.1"
    user, role, settings = misp.get_user(pythonify=True, expanded=True)
    assert isinstance(user, MISPUser) and isinstance(role, MISPRole) and settings == []
    assert role.perm_site_admin and role.perm_admin


def test_the_client_has_nothing_to_complain_about(usher, connect, caplog):
    client = connect(usher.env["MISP_KEY"])
    assert not [line for line in caplog.records if line.levelname in ("WARNING", "ERROR", "CRITICAL")]
    # What it is not told about attributes it knows by itself.
    assert "ip-src" in client.types


def test_the_other_header_and_several_keys(usher, connect):
    key = usher.env["MISP_KEY"]
    assert connect(key, http_auth_header_name="X-MISP-AUTH", tool="my-tool").get_user()["User"]["id"] == "1"
    assert connect(f"{'b' * 40},{key}").get_user()["User"]["id"] == "1"


@pytest.mark.parametrize("key", ["a" * 40, "short", "Bearer x"])
def test_wrong_keys(connect, key):
    with pytest.raises(PyMISPError, match="403"):
        connect(key)


def test_no_key(connect):
    with pytest.raises(NoKey):
        connect("")


def test_an_address_without_its_trailing_slash_is_told_the_cause(usher):
    url = usher.env["MISP_URL"].rstrip("/")
    with pytest.raises(PyMISPError):
        PyMISP(url, usher.env["MISP_KEY"])
    answer = requests.get(f"{usher.url}/servers/getVersion", timeout=10)
    assert answer.status_code == 404 and f"{url}/" in answer.json()["message"]


def test_a_read_only_key(misp, connect, mark):
    made = ok(misp.direct_call("auth_keys/add/me", data={"read_only": 1, "comment": mark}))["AuthKey"]
    assert made["read_only"] is True
    reader = connect(made["authkey_raw"])
    assert reader.get_user()["Role"]["perm_site_admin"] is True
    for answer in (
        reader.users(),
        reader.add_user({"email": f"{mark}@example.org"}),
        reader.change_user_password("another good sentence"),
        reader.update_user({"autoalert": True}, 1),
        reader.add_organisation({"name": mark}),
        reader.direct_call("auth_keys/add/me", data={}),
    ):
        refused(answer, 403)
    assert len(reader.roles()) >= 6


def test_an_expired_key(misp, connect):
    made = ok(misp.direct_call("auth_keys/add/me", data={"expiration": "2020-01-01"}))["AuthKey"]
    with pytest.raises(PyMISPError, match="403"):
        connect(made["authkey_raw"])


def test_a_key_from_elsewhere(usher, misp):
    made = ok(misp.direct_call("auth_keys/add/me", data={"allowed_ips": ["192.0.2.1"]}))["AuthKey"]
    answer = requests.get(
        usher.env["MISP_URL"] + "users/view/me",
        headers={"Authorization": made["authkey_raw"], "Accept": "application/json"},
        timeout=10,
    )
    assert answer.status_code == 403
    assert answer.json()["message"] == "It is not possible to use this Auth key from your IP address"


def test_a_key_tells_when_it_ends(usher, misp):
    made = ok(misp.direct_call("auth_keys/add/me", {"expiration": "2099-12-31"}))["AuthKey"]
    headers = {"Authorization": made["authkey_raw"], "Accept": "application/json"}
    answer = requests.get(f"{usher.env['MISP_URL']}users/view/me", headers=headers, timeout=30)
    assert answer.status_code == 200 and answer.headers["X-Auth-Key-Expiration"] == "2099-12-31T00:00:00+00:00"
    headers["Authorization"] = usher.env["MISP_KEY"]
    answer = requests.get(f"{usher.env['MISP_URL']}users/view/me", headers=headers, timeout=30)
    assert "X-Auth-Key-Expiration" not in answer.headers


def test_a_deleted_key_and_a_deleted_user(misp, make_user, connect):
    user, key = make_user("gone")
    client = connect(key)
    assert client.get_user()["User"]["id"] == user["id"]
    second = ok(misp.direct_call(f"auth_keys/add/{user['id']}", data={}))["AuthKey"]
    other = connect(second["authkey_raw"])
    ok(misp.direct_call(f"auth_keys/delete/{second['id']}", data={}))
    assert refused(other.get_user(), 403)["message"] == REFUSED
    assert misp.delete_user(user["id"])["message"] == "User deleted."
    assert refused(client.get_user(), 403)["message"] == REFUSED


def test_a_disabled_user(misp, make_user, connect):
    user, key = make_user("off")
    client = connect(key)
    ok(misp.update_user({"disabled": True}, user["id"]))
    said = "Authentication failed. Your user account has been disabled."
    assert refused(client.get_user(), 403)["message"] == said
    ok(misp.update_user({"disabled": False}, user["id"]))
    assert client.get_user()["User"]["id"] == user["id"]


def test_paths_that_are_not_there(misp):
    for path in ("nothing/at/all", "users/nothing", "events/index"):
        assert refused(misp.direct_call(path), 404)["name"] == "Not Found"
