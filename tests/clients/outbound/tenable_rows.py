import json

from marshmallow import ValidationError
from tenable.errors import APIError
from tenable.ie import TenableIE
from tenable.ie.users.schema import UserSchema

PLATFORM = "tenable"
CREDENTIAL = "0123456789abcdef"
FAILURES = (APIError,)

USER = {
    "id": 7, "surname": None, "name": "Ada", "email": "ada@example.org", "lockedOut": False, "department": None,
    "biography": None, "active": True, "picture": None, "roles": [2], "identifier": "ada@example.org",
    "provider": "tenable", "eulaVersion": 0,
}
ROLE = {"id": 2, "name": "User", "description": "reads", "permissions": []}


def answer(method, path, body):
    if path.endswith("/roles"):
        return 200, [ROLE] if method == "GET" else {"roles": [1, 2]}
    if path.endswith("/whoami"):
        return 200, {**USER, "roles": [ROLE], "internal": False}
    if path.endswith("/about"):
        return 200, {"version": "3.77.0"}
    if path.endswith(("/password", "/forgotten-password", "/retrieve-password")):
        return 200, None
    if path.endswith("/users"):
        return (201 if method == "POST" else 200), [USER]
    return (204, None) if method == "DELETE" else (200, USER)


def client(url):
    return TenableIE(url=url, api_key=CREDENTIAL)


FULL = {
    "name": "Grace", "email": "grace@example.org", "password": "Cobalt-Lantern-73!", "surname": "Hopper",
    "department": "Navy", "biography": "Compilers", "active": True, "picture": [1, 2],
}

ROWS = [
    ("list", lambda tie: tie.users.list(), "users", {}),
    ("create", lambda tie: tie.users.create(name="Ada", email="ada@example.org", password="Cobalt-Lantern-73!"),
     "create_users", {"name": "Ada", "email": "ada@example.org", "password": "Cobalt-Lantern-73!"}),
    ("create with everything", lambda tie: tie.users.create(**FULL), "create_users", FULL),
    ("info", lambda tie: tie.users.info(), "whoami", {}),
    ("details", lambda tie: tie.users.details("7"), "user", {"id": 7}),
    ("update", lambda tie: tie.users.update(user_id="7", name="EDITED"), "update_user", {"id": 7, "name": "EDITED"}),
    ("update with everything", lambda tie: tie.users.update("7", **FULL), "update_user", {"id": 7, **FULL}),
    ("clear", lambda tie: tie.users.update("7", surname=None), "update_user", {"id": 7, "surname": None}),
    ("unlock", lambda tie: tie.users.update("7", locked_out=False), "unlock", {"id": 7}),
    ("delete", lambda tie: tie.users.delete("7"), "delete_user", {"id": 7}),
    ("update_user_roles", lambda tie: tie.users.update_user_roles("7", roles=[1, 2]), "set_user_roles",
     {"id": 7, "roles": [1, 2]}),
    ("change_password", lambda tie: tie.users.change_password(old_password="old", new_password="new"),
     "change_own_password", {"old": "old", "new": "new"}),
    ("create_password", lambda tie: tie.users.create_password(email="ada@example.org"), "send_password_mail",
     {"email": "ada@example.org"}),
    ("retrieve_password", lambda tie: tie.users.retrieve_password(token="token", new_password="new"),
     "redeem_password_token", {"token": "token", "new": "new"}),
    ("roles", lambda tie: tie.roles.list(), "roles", {}),
    ("about", lambda tie: tie.about.version(), "about", {}),
]

OPERATIONS = {
    "users", "create_users", "whoami", "user", "update_user", "delete_user", "set_user_roles", "change_own_password",
    "send_password_mail", "redeem_password_token",
}
MEANT: dict[str, str] = {}
NEEDLESS: dict[str, list[str]] = {}

# Against Usher's own dialect: what the vendor's client reads, and what the library reads.
VARIABLES = ("TIE_URL", "TIE_API_KEY")


def served(url, key):
    return TenableIE(url=url, api_key=key)


SHOWN = ("id", "name", "surname", "email", "active", "department", "roles")

RESULTS = [
    ("users", lambda tie: [{name: user[name] for name in SHOWN} for user in tie.users.list()], "users", {}),
    ("me", lambda tie: {"id": tie.users.info()["id"]}, "whoami", {}),
    ("roles", lambda tie: [{"id": role["id"], "name": role["name"]} for role in tie.roles.list()], "roles", {}),
    ("about", lambda tie: {"version": tie.about.version()}, "about", {}),
]

UNSPECIFIED = {}


def specification_fault(request):
    """pyTenable's schema of users, which it reads requests and answers with, knows every member of a body."""
    body = json.loads(request["body"]) if request["body"] else {}
    known = ("/api/users", "/api/roles", "/api/about")
    if not request["path"].startswith(known):
        return f"no operation {request['path']}"
    try:
        UserSchema().load(body, many=isinstance(body, list))
    except ValidationError as error:
        return f"members: {error.messages}"
    return None


FAULTY = [
    ({"path": "/api/colours"}, "no operation"),
    ({"path": "/api/users", "body": '[{"colour": "red"}]'}, "colour"),
    ({"path": "/api/users/7", "body": '{"active": "perhaps"}'}, "active"),
]
