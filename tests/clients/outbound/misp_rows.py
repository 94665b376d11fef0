from pymisp import MISPOrganisation, MISPUser, PyMISP
from pymisp.exceptions import PyMISPError

PLATFORM = "misp"
CREDENTIAL = "0123456789012345678901234567890123456789"
FAILURES = (PyMISPError,)
UUID = "192dd0dd-8ed1-4b3c-9b3d-000000000002"

ME = {
    "User": {"id": "1", "email": "admin@example.org", "org_id": "1", "role_id": "1"},
    "Role": {"id": "1", "perm_admin": True, "perm_site_admin": True},
    "UserSetting": [],
    "Organisation": {"id": "1", "name": "Corp"},
}


def answer(method, path, body):
    if path.endswith("/servers/getVersion"):
        return 200, {"version": "2.5.1", "pymisp_recommended_version": "2.5.1"}
    if "/users/view/" in path:
        return 200, ME
    if "/auth_keys/add" in path:
        return 200, {"AuthKey": {"id": "1", "user_id": "1", "authkey_raw": CREDENTIAL}}
    if "/index" in path:
        return 200, []
    return 200, {"User": {"id": "7"}, "Organisation": {"id": "2", "name": "Corp"}, "Role": {"id": "3"}}


def client(url):
    return PyMISP(url + "/", CREDENTIAL)


def user(**fields):
    made = MISPUser()
    made.from_dict(**fields)
    return made


def organisation(**fields):
    made = MISPOrganisation()
    made.from_dict(**fields)
    return made


ROWS = [
    ("users", lambda misp: misp.users(), "users", {}),
    ("users by text", lambda misp: misp.users(search="read only"), "users", {"search": "read only"}),
    ("users by text and organisation", lambda misp: misp.users(search="ana", organisation=2), "users",
     {"search": "ana", "organisation": 2}),
    ("get_user me", lambda misp: misp.get_user(), "get_user", {}),
    ("get_user", lambda misp: misp.get_user(7), "get_user", {"id": 7}),
    ("get_user_as_admin", lambda misp: misp.direct_call("admin/users/view/7"), "get_user_as_admin", {"id": 7}),
    ("add_user", lambda misp: misp.add_user(user(email="ana@corp.example", org_id=2, role_id=3)), "add_user",
     {"email": "ana@corp.example", "members": {"org_id": 2, "role_id": 3}}),
    ("add_user with a dictionary", lambda misp: misp.add_user(
        {"email": "ana@corp.example", "password": "Cobalt-Lantern-73!", "change_pw": False, "nids_sid": 4000001}), "add_user",
     {"email": "ana@corp.example", "members": {"password": "Cobalt-Lantern-73!", "change_pw": False, "nids_sid": 4000001}}),
    ("update_user", lambda misp: misp.update_user({"autoalert": True, "email": "b@corp.example"}, 7), "update_user",
     {"id": 7, "members": {"autoalert": True, "email": "b@corp.example"}}),
    ("delete_user", lambda misp: misp.delete_user(7), "delete_user", {"id": 7}),
    ("change_own_password", lambda misp: misp.change_user_password("Cobalt-Lantern-73!"), "change_own_password",
     {"password": "Cobalt-Lantern-73!"}),
    ("set_user_password", lambda misp: misp.update_user({"password": "Cobalt-Lantern-73!"}, 7), "set_user_password",
     {"id": 7, "password": "Cobalt-Lantern-73!"}),
    ("set_user_role", lambda misp: misp.update_user({"role_id": 4}, 7), "set_user_role", {"id": 7, "role": 4}),
    ("organisations", lambda misp: misp.organisations(), "organisations", {}),
    ("organisations by scope", lambda misp: misp.organisations(scope="external"), "organisations", {"scope": "external"}),
    ("organisations by text", lambda misp: misp.organisations(scope="all", search="Corp Ltd"), "organisations",
     {"scope": "all", "search": "Corp Ltd"}),
    ("get_organisation", lambda misp: misp.get_organisation(2), "get_organisation", {"id": 2}),
    ("get_organisation by UUID", lambda misp: misp.get_organisation(UUID), "get_organisation", {"uuid": UUID}),
    ("get_organisation by name", lambda misp: misp.get_organisation("Corp Ltd"), "get_organisation", {"name": "Corp Ltd"}),
    ("organisation_exists", lambda misp: misp.organisation_exists(2), "organisation_exists", {"id": 2}),
    ("add_organisation", lambda misp: misp.add_organisation(organisation(name="Corp", type="CSIRT", nationality="LU")),
     "add_organisation", {"name": "Corp", "members": {"type": "CSIRT", "nationality": "LU"}}),
    ("update_organisation", lambda misp: misp.update_organisation({"sector": "energy"}, 2), "update_organisation",
     {"id": 2, "members": {"sector": "energy"}}),
    ("delete_organisation", lambda misp: misp.delete_organisation(2), "delete_organisation", {"id": 2}),
    ("roles", lambda misp: misp.roles(), "roles", {}),
    ("get_role", lambda misp: misp.direct_call("roles/view/3"), "get_role", {"id": 3}),
    ("set_default_role", lambda misp: misp.set_default_role(3), "set_default_role", {"id": 3}),
    ("add_auth_key", lambda misp: misp.get_new_authkey(7), "add_auth_key", {"id": 7}),
    ("auth_keys", lambda misp: misp.direct_call("auth_keys/index"), "auth_keys", {}),
]

OPERATIONS = {
    "users", "get_user", "add_user", "update_user", "delete_user", "change_own_password", "set_user_password",
    "set_user_role", "organisations", "get_organisation", "add_organisation", "update_organisation", "delete_organisation",
    "roles", "get_role", "set_default_role",
}
MEANT: dict[str, str] = {}
# PyMISP asks for its own role when it starts; the library when it matters.
NEEDLESS = {"update_user": ["users/view/me"]}

# Against Usher's own dialect: what the vendor's client reads, and what the library reads.
VARIABLES = ("MISP_URL", "MISP_KEY")


def served(url, key):
    return PyMISP(url, key)


def _user(row):
    user = row["User"]
    return {
        "id": int(user["id"]), "org_id": int(user["org_id"]), "role_id": int(user["role_id"]), "email": user["email"],
        "disabled": user["disabled"],
    }


RESULTS = [
    ("users", lambda misp: [_user(row) for row in misp.users()], "users", {}),
    ("me", lambda misp: _user(misp.get_user()), "get_user", {}),
    ("roles", lambda misp: [{"id": int(row["Role"]["id"]), "name": row["Role"]["name"]} for row in misp.roles()], "roles", {}),
    ("organisations", lambda misp: [
        {"id": int(row["Organisation"]["id"]), "name": row["Organisation"]["name"]} for row in misp.organisations(scope="all")
    ], "organisations", {"scope": "all"}),
    ("keys", lambda misp: len(misp.direct_call("auth_keys/index")), "auth_keys", {}),
]
