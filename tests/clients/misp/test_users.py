"""Users: every method of the client, field by field."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from misp_answers import GOOD, ok, refused
from pymisp import MISPUser

ADDED = {
    "id", "password", "org_id", "server_id", "email", "autoalert", "authkey", "invited_by", "gpgkey",
    "certif_public", "nids_sid", "termsaccepted", "newsread", "role_id", "change_pw", "contactalert",
    "disabled", "expiration", "current_login", "last_login", "force_logout", "date_created",
    "date_modified", "sub", "external_auth_required", "external_auth_key", "last_api_access",
    "notification_daily", "notification_weekly", "notification_monthly", "totp", "hotp_counter",
    "last_pw_change", "totp_is_set",
}  # fmt: skip
LISTED = {
    "id", "org_id", "server_id", "email", "autoalert", "invited_by", "gpgkey", "certif_public",
    "nids_sid", "termsaccepted", "newsread", "role_id", "change_pw", "contactalert", "disabled",
    "expiration", "current_login", "last_login", "last_api_access", "force_logout", "date_created",
    "date_modified", "last_pw_change", "monitored",
}  # fmt: skip


def test_a_user_with_nothing_but_an_address(misp, mark):
    answer = ok(misp.add_user({"email": f"bare-{mark}@example.org"}))
    assert set(answer) == {"User"}
    user = answer["User"]
    assert set(user) == ADDED
    assert len(user["authkey"]) == 40 and user["authkey"].isalnum()
    expected = {
        "password": "******", "org_id": "1", "server_id": "0", "autoalert": False, "invited_by": "1",
        "gpgkey": "", "certif_public": "", "termsaccepted": False, "newsread": "0", "role_id": "3",
        "change_pw": True, "contactalert": False, "disabled": False, "expiration": None,
        "current_login": "0", "last_login": "0", "force_logout": False, "totp": None, "totp_is_set": "0",
        "email": f"bare-{mark}@example.org",
    }  # fmt: skip
    assert {name: user[name] for name in expected} == expected
    assert len(user["nids_sid"]) == 7 and user["nids_sid"].isdigit()
    assert user["date_created"] == user["last_pw_change"]


def test_a_user_with_everything(misp, organisation, mark):
    sent = {
        "email": f"full-{mark}@example.org", "role_id": 6, "org_id": organisation.id, "password": GOOD,
        "change_pw": False, "termsaccepted": True, "autoalert": True, "contactalert": True,
        "disabled": False, "nids_sid": 4000099, "gpgkey": "", "certif_public": "", "server_id": 0,
    }  # fmt: skip
    made = ok(misp.add_user(sent))["User"]
    seen = ok(misp.get_user(made["id"]))["User"]
    for user in (made, seen):
        assert user["email"] == sent["email"]
        assert (user["role_id"], user["org_id"], user["nids_sid"]) == ("6", organisation.id, "4000099")
        flags = [user[name] for name in ("change_pw", "termsaccepted", "autoalert", "contactalert", "disabled")]
        assert flags == [False, True, True, True, False]
    assert "authkey" not in seen and seen["password"] == "*****" == seen["totp"]


def test_viewing_a_user_shows_role_settings_and_organisation(misp, organisation, make_user):
    user, _ = make_user("seen", org_id=organisation.id)
    answer = ok(misp.get_user(user["id"]))
    assert set(answer) == {"User", "Role", "UserSetting", "Organisation"}
    assert answer["Role"]["name"] == "User" and answer["Role"]["default_role"] is True
    assert answer["UserSetting"] == []
    assert answer["Organisation"]["uuid"] == organisation.uuid
    assert set(answer["User"]) == (ADDED - {"server_id", "authkey"})
    by_object = MISPUser()
    by_object.from_dict(**answer["User"])
    assert misp.get_user(by_object)["User"]["id"] == user["id"]
    assert misp.get_user(user["id"], pythonify=True).email == user["email"]
    person, role, settings = misp.get_user(user["id"], pythonify=True, expanded=True)
    assert (person.id, role.id, settings) == (user["id"], "3", [])


def test_a_fetched_user_written_back_changes_nothing_but_what_was_changed(misp, make_user):
    user, _ = make_user("round")
    before = ok(misp.get_user(user["id"]))["User"]
    fetched = misp.get_user(user["id"], pythonify=True)
    fetched.contactalert = True
    after = ok(misp.update_user(fetched))["User"]
    assert after["contactalert"] is True and after["totp_is_set"] == "0" and after["totp"] is None
    now = ok(misp.get_user(user["id"]))["User"]
    changed = {name for name in before if before[name] != now[name]}
    assert changed <= {"contactalert", "date_modified"}, changed


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("role_id", 4, "4"), ("role_id", "6", "6"), ("nids_sid", 17, "17"), ("autoalert", True, True),
        ("contactalert", "1", True), ("termsaccepted", 1, True), ("newsread", 12, "12"),
        ("change_pw", False, False), ("disabled", True, True), ("notification_daily", True, True),
        ("notification_weekly", True, True), ("notification_monthly", True, True),
        ("gpgkey", "-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----BEGIN PGP PUBLIC KEY BLOCK-----"),
        ("expiration", "2031-02-03 04:05:06", "2031-02-03 04:05:06"),
    ],
)  # fmt: skip
def test_each_field_can_be_changed_alone(misp, make_user, field, value, shown):
    user, _ = make_user("field")
    before = ok(misp.get_user(user["id"]))["User"]
    edited = ok(misp.update_user({field: value}, user["id"]))["User"]
    assert set(edited) == ADDED - {"authkey"}
    after = ok(misp.get_user(user["id"]))["User"]
    assert edited[field] == after[field] == shown
    others = {name for name in before if before[name] != after[name]} - {field, "date_modified"}
    assert not others


def test_address_and_organisation_can_be_changed(misp, organisation, make_user, mark):
    user, _ = make_user("moving")
    edited = misp.update_user({"email": f"Moved-{mark}@example.org", "org_id": organisation.id}, user["id"], pythonify=True)
    assert (edited.email, edited.org_id) == (f"Moved-{mark}@example.org", organisation.id)
    # The role goes along.
    assert ok(misp.get_user(user["id"]))["User"]["role_id"] == "3"
    # The old address is free, the new one taken whatever its case.
    ok(misp.add_user({"email": user["email"]}))
    taken = refused(misp.add_user({"email": f"mOVED-{mark}@example.org"}), 403)
    assert taken["errors"] == {"email": ["An account with this email address already exists."]}


ERRORS = [
    ({"role_id": 3}, 403, {"email": "Mandatory field not set."}),
    ({"email": "nonsense"}, 403, {"email": ["Please enter a valid email address."]}),
    ({"email": "a b@example.org"}, 403, {"email": ["Please enter a valid email address."]}),
    ({"password": "short"}, 403, {"password": ["Password length requirement not met."]}),
    ({"role_id": "abc"}, 403, {"role_id": ["numeric"]}),
    ({"org_id": 999999}, 403, ["Invalid organisation"]),
    ({"org_id": ""}, 403, {"org_id": ["Org_id cannot be empty."]}),
    ({"nids_sid": "x"}, 403, {"nids_sid": ["A SID should be an integer."]}),
    ({"autoalert": "maybe"}, 403, {"autoalert": ["boolean"]}),
    (
        {"certif_public": "x"},
        403,
        {"certif_public": ["Certificate not valid, please enter a valid certificate (x509)."]},
    ),
]


@pytest.mark.parametrize(("sent", "status", "errors"), ERRORS)
def test_errors_of_adding(misp, mark, sent, status, errors):
    body = {"email": f"bad-{mark}@example.org", **sent} if "email" not in sent and sent != {"role_id": 3} else sent
    answer = refused(misp.add_user(body), status)
    assert answer == {
        "saved": False, "name": "Could not add User", "message": "Could not add User",
        "url": "/admin/users/add", "errors": errors,
    }  # fmt: skip
    assert misp.users(search=f"bad-{mark}") == []


def test_unknown_roles(misp, make_user, mark):
    answer = refused(misp.add_user({"email": f"x-{mark}@example.org", "role_id": 999999}), 405)
    assert answer == {"name": "Invalid role", "message": "Invalid role", "url": "/admin/users/add"}
    user, _ = make_user("role")
    for change in ({"role_id": 999999}, {"org_id": 999999}):
        answer = refused(misp.update_user(change, user["id"]), 403)
        assert answer["saved"] is False and answer["id"] == user["id"] and set(answer["errors"]) == set(change)
    assert ok(misp.get_user(user["id"]))["User"]["role_id"] == "3"


def test_errors_of_editing(misp, usher, make_user):
    user, _ = make_user("bad")
    url = f"/admin/users/edit/{user['id']}"
    for sent, errors in [
        ({"email": usher.env["USHER_EMAIL"]}, {"email": ["An account with this email address already exists."]}),
        ({"password": "short"}, {"password": ["Password length requirement not met."]}),
        ({"email": "nonsense"}, {"email": ["Please enter a valid email address."]}),
    ]:
        answer = refused(misp.update_user(sent, user["id"]), 403)
        assert answer == {
            "saved": False, "name": "Could not edit User", "message": "Could not edit User", "url": url,
            "errors": errors, "id": user["id"],
        }  # fmt: skip


def test_unknown_users(misp):
    for answer, path in [
        (misp.get_user(999999), "/users/view/999999"),
        (misp.update_user({"autoalert": True}, 999999), "/admin/users/edit/999999"),
        (misp.delete_user(999999), "/admin/users/delete/999999"),
        (misp.direct_call("admin/users/view/999999"), "/admin/users/view/999999"),
        (misp.direct_call("admin/users/edit/me", data={}), "/admin/users/edit/me"),
        (misp.get_user(9999999999999999999999), "/users/view/9999999999999999999999"),
    ]:
        body = refused(answer, 404)
        assert body == {"name": "Invalid user", "message": "Invalid user", "url": path}


def test_deleting(misp, make_user):
    user, _ = make_user("deleted")
    answer = ok(misp.delete_user(user["id"]))
    url = f"/admin/users/delete/{user['id']}"
    said = "User deleted."
    assert answer == {"saved": True, "success": True, "name": said, "message": said, "url": url, "id": user["id"]}
    refused(misp.delete_user(user["id"]), 404)
    again = ok(misp.add_user({"email": user["email"]}))["User"]
    assert int(again["id"]) > int(user["id"])


def test_the_list_and_its_rows(misp, organisation, make_user):
    user, _ = make_user("row", org_id=organisation.id, role_id=4)
    rows = ok(misp.users())
    ids = [int(row["User"]["id"]) for row in rows]
    assert ids == sorted(ids) and ids[0] == 1
    row = next(row for row in rows if row["User"]["id"] == user["id"])
    assert set(row) == {"User", "Role", "Organisation"} and set(row["User"]) == LISTED
    assert row["Role"] == {
        "id": "4", "name": "Publisher", "perm_auth": True, "perm_site_admin": False, "perm_admin": False,
    }  # fmt: skip
    assert row["Organisation"] == {"id": organisation.id, "name": organisation.name}
    assert {user.email for user in misp.users(pythonify=True)} == {row["User"]["email"] for row in rows}


def test_filters(misp, organisation, make_user, mark):
    ana, _ = make_user("ana", org_id=organisation.id, role_id=6, autoalert=True)
    bob, _ = make_user("bob", disabled=True)
    every = {row["User"]["id"] for row in misp.users()}

    def found(path):
        return {row["User"]["id"] for row in ok(misp.direct_call(f"admin/users/index/{path}"))}

    both = {ana["id"], bob["id"]}
    assert {row["User"]["id"] for row in misp.users(search=mark.upper())} == both
    assert {row["User"]["id"] for row in misp.users(organisation=organisation.id)} == {ana["id"]}
    assert {row["User"]["id"] for row in misp.users(organisation=organisation)} == {ana["id"]}
    assert [user.id for user in misp.users(search="read only", organisation=organisation.id, pythonify=True)] == [ana["id"]]
    assert misp.users(search="nobody has this") == []
    assert misp.users(search="100%") == []
    for path, expected in [
        (f"searchall:{mark}", both),
        (f"value:{organisation.name.replace(' ', '+')}", {ana["id"]}),
        (f"value:{mark}%7Cread+only", {ana["id"]}),
        (f"searchemail:ana-{mark}%7Cbob-{mark}", both),
        (f"searchemail:!ana-{mark}/value:{mark}", {bob["id"]}),
        (f"searchorg:!{organisation.id}/value:{mark}", {bob["id"]}),
        (f"searchrole:6/value:{mark}", {ana["id"]}),
        (f"searchrole:3%7C6/value:{mark}", both),
        (f"searchdisabled:1/value:{mark}", {bob["id"]}),
        (f"searchdisabled:0/value:{mark}", {ana["id"]}),
        (f"searchautoalert:1/value:{mark}", {ana["id"]}),
        (f"searchautoalert:0/value:{mark}", {bob["id"]}),
        (f"searchcontactalert:1/value:{mark}", set()),
        (f"searchtermsaccepted:0/value:{mark}", both),
        (f"searchinactive:1/value:{mark}", both),
        ("sort:email/direction:desc/limit:1/page:2", every),
        ("searchorg:999999", set()),
    ]:
        assert found(path) == expected, path


def test_passwords(misp, make_user, connect):
    user, key = make_user("password")
    own = connect(key)
    weak = refused(own.change_user_password("short"), 403)
    assert weak["name"] == "Could not change_pw User" and weak["url"] == "/users/change_pw"
    assert weak["errors"].startswith("The password could not be updated.")
    done = ok(own.change_user_password(GOOD))
    assert done["message"] == "Password Changed." and done["url"] == "/users/change_pw"
    same = refused(own.change_user_password(GOOD), 403)
    assert same["errors"] == "Submitted new password cannot be the same as the current one"
    seen = own.get_user()["User"]
    assert seen["change_pw"] is False
    # An administrator sets another; the flag is theirs to raise.
    ok(misp.update_user({"password": GOOD + "!", "change_pw": True}, user["id"]))
    assert own.get_user()["User"]["change_pw"] is True
    ok(own.change_user_password(GOOD + "?"))
    assert own.get_user()["User"]["change_pw"] is False


def test_editing_oneself(plain, mark):
    before = plain.get_user()["User"]
    fetched = plain.get_user(pythonify=True)
    fetched.autoalert = True
    fetched.role_id = 1
    fetched.org_id = 1
    fetched.termsaccepted = True
    answer = ok(plain.update_user(fetched))
    assert set(answer) == {"User", "Role", "UserSetting", "Organisation"}
    after = plain.get_user()["User"]
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"autoalert", "date_modified", "last_api_access"} and after["autoalert"] is True
    ok(plain.update_user({"email": f"own-{mark}@example.org", "nids_sid": 5, "password": GOOD}, 1))
    after = plain.get_user()["User"]
    assert (after["id"], after["email"], after["nids_sid"]) == (before["id"], f"own-{mark}@example.org", "5")
    for sent in ({"email": "nonsense"}, {"autoalert": "maybe"}, {"password": "short"}):
        body = refused(plain.update_user(sent, before["id"]), 403)
        assert body["errors"] == "The profile could not be updated. Please, try again."


def test_users_made_elsewhere_look_sensible(misp, native, mark):
    made = native.post("/users", {"email": f"native-{mark}@example.org", "display_name": "Nadia Native"})
    row = misp.users(search=f"native-{mark}")[0]
    assert (row["User"]["role_id"], row["Role"]["name"], row["Role"]["perm_auth"]) == ("0", "No role", False)
    seen = ok(misp.get_user(row["User"]["id"]))
    assert seen["User"]["email"] == f"native-{mark}@example.org" and seen["User"]["disabled"] is False
    assert seen["Role"]["id"] == "0"
    # Written back, nothing changes, and a role can be given.
    fetched = misp.get_user(row["User"]["id"], pythonify=True)
    assert ok(misp.update_user(fetched))["User"]["role_id"] == "0"
    assert ok(misp.update_user({"role_id": 3}, fetched.id))["User"]["role_id"] == "3"
    assert native.get(f"/users/{made['id']}")["email"] == f"native-{mark}@example.org"


def test_users_made_here_are_there_elsewhere(misp, native, mark):
    user = ok(misp.add_user({"email": f"there-{mark}@example.org"}))["User"]
    found = native.get("/users", q=f"there-{mark}")["items"]
    assert [one["email"] for one in found] == [user["email"]]


def test_parallel_calls(usher, connect, make_user, mark):
    user, _ = make_user("busy")
    fields = ["autoalert", "contactalert", "termsaccepted", "notification_daily", "notification_weekly", "notification_monthly"]

    def work(number):
        client = connect(usher.env["MISP_KEY"])
        made = ok(client.add_user({"email": f"p{number}-{mark}@example.org"}))
        ok(client.update_user({fields[number % len(fields)]: True}, user["id"]))
        return made["User"]["id"]

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(work, range(12)))
    assert len(set(ids)) == 12
    # Nobody's change was lost.
    seen = ok(connect(usher.env["MISP_KEY"]).get_user(user["id"]))["User"]
    assert all(seen[field] is True for field in fields), seen


def test_more_people_than_a_part(misp, native, mark):
    """More than are read at a time: the client has no pages, so all come at once, each once."""
    have = len(misp.users())
    for start in range(0, 1_050, 210):
        items = [{"email": f"crowd{number}-{mark}@example.org"} for number in range(start, start + 210)]
        native.post("/users/batch", {"items": items})
    rows = [row["User"]["id"] for row in misp.users()]
    assert len(rows) == len(set(rows)) == have + 1_050
    found = [row["User"]["email"] for row in misp.users(search=f"-{mark}")]
    assert len(found) == len(set(found)) == 1_050
    # The log has pages, which follow each other.
    pages = [ok(misp.search_logs(model="User", action="add", limit=400, page=page)) for page in (1, 2)]
    numbers = [row["Log"]["id"] for page in pages for row in page]
    assert len(numbers) == len(set(numbers)) == 800
