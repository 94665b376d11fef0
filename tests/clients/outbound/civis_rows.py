import json
import os
from pathlib import Path

import civis
from civis.base import CivisAPIError

from specifications import fault_of, resolved

PLATFORM = "civis"
CREDENTIAL = "0123456789abcdef"
FAILURES = (CivisAPIError,)

USER = {"id": 7, "name": "Ada", "email": "ada@example.org", "user": "ada"}
KEY = {"id": 9, "name": "ci", "token": "secret", "expiresAt": None, "active": True}


def answer(method, path, body):
    if path.endswith("/api_keys"):
        return 200, [] if method == "GET" else KEY
    if "/api_keys/" in path:
        return 200, KEY
    if method == "DELETE" and "/favorites/" in path or "/ranking/" in path or path.endswith("/access_email"):
        return 204, None
    if path.endswith("/favorites") and method == "POST":
        return 201, {"id": 3, "objectId": 5, "objectType": "Project", "objectName": "p"}
    if path.rstrip("/").endswith(("/users", "/activity", "/organization_admins", "/favorites")) and method == "GET":
        return 200, []
    return 200, USER


def client(url):
    os.environ["CIVIS_API_ENDPOINT"] = url + "/"
    # The client brings a copy of the vendor's specification along, so that it need not be asked for.
    specification = Path(civis.__file__).parent / "resources" / "civis_api_spec.json"
    return civis.APIClient(api_key=CREDENTIAL, local_api_spec=str(specification))


FULL = {
    "active": True, "city": "Chicago", "state": "IL", "time_zone": "America/Chicago", "initials": "AL",
    "department": "Navy", "title": "Countess", "prefers_sms_otp": False, "group_ids": [1, 2], "vpn_enabled": True,
    "sso_disabled": False, "otp_required_for_login": True, "exempt_from_org_sms_otp_disabled": False, "robot": False,
}
NEW = {"name": "Ada", "email": "ada@example.org", "primary_group_id": 2, "user": "ada"}
LIST = {
    "feature_flag": "f", "account_status": "all", "query": "ada", "group_id": 1, "organization_id": 3, "exclude_groups": True,
    "limit": 10, "page_num": 1, "order": "name", "order_dir": "desc",
}

ROWS = [
    ("list", lambda api: api.users.list(**LIST), "list_users", LIST),
    ("list by groups", lambda api: api.users.list(group_ids=[1, 2], limit=10, page_num=1), "list_users",
     {"group_ids": [1, 2], "limit": 10, "page_num": 1}),
    ("post", lambda api: api.users.post(**NEW), "create_user", NEW),
    ("post with everything", lambda api: api.users.post(**NEW, **FULL, send_email=True), "create_user",
     {**NEW, **FULL, "send_email": True}),
    ("list_me", lambda api: api.users.list_me(), "me", {}),
    ("patch_me", lambda api: api.users.patch_me(preferences={"app_index_order_dir": "asc", "x": None}), "update_me",
     {"preferences": {"app_index_order_dir": "asc", "x": None}}),
    ("list_me_activity", lambda api: api.users.list_me_activity(status="all", author="7", order="asc"), "my_activity",
     {"status": "all", "authors": [7], "order": "asc"}),
    ("list_me_organization_admins", lambda api: api.users.list_me_organization_admins(), "my_organization_admins", {}),
    ("get", lambda api: api.users.get(7), "user", {"id": 7}),
    ("patch", lambda api: api.users.patch(7, name="Ada", phone=None), "update_user", {"id": 7, "name": "Ada", "phone": None}),
    ("patch with everything", lambda api: api.users.patch(
        7, **FULL, name="Ada", email="b@example.org", primary_group_id=3, phone="1", password="Cobalt-Lantern-73!",
        account_status="Active"), "update_user",
     {"id": 7, **FULL, "name": "Ada", "email": "b@example.org", "primary_group_id": 3, "phone": "1",
      "password": "Cobalt-Lantern-73!", "account_status": "Active"}),
    ("list_api_keys", lambda api: api.users.list_api_keys("me", limit=10, page_num=1), "list_api_keys", {"limit": 10}),
    ("post_api_keys", lambda api: api.users.post_api_keys("me", 3600, "ci"), "create_api_key",
     {"name": "ci", "expires_in": 3600}),
    ("get_api_keys", lambda api: api.users.get_api_keys("7", 9), "api_key", {"id": 7, "key": 9}),
    ("delete_api_keys", lambda api: api.users.delete_api_keys("7", 9), "revoke_api_key", {"id": 7, "key": 9}),
    ("delete_sessions", lambda api: api.users.delete_sessions(7), "delete_sessions", {"id": 7}),
    ("delete_2fa", lambda api: api.users.delete_2fa(7), "delete_2fa", {"id": 7}),
    ("post_unsuspend", lambda api: api.users.post_unsuspend(7), "unsuspend", {"id": 7}),
    ("post_access_email", lambda api: api.users.post_access_email(7), "send_access_email", {"id": 7}),
    ("list_me_favorites", lambda api: api.users.list_me_favorites(object_type="Project", limit=10, page_num=1),
     "my_favorites", {"object_type": "Project", "limit": 10}),
    ("post_me_favorites", lambda api: api.users.post_me_favorites(5, "Project"), "add_favorite",
     {"object_id": 5, "object_type": "Project"}),
    ("delete_me_favorites", lambda api: api.users.delete_me_favorites(3), "delete_favorite", {"id": 3}),
    *[
        (f"ranking {rank}", lambda api, rank=rank: getattr(api.users, f"patch_me_favorites_ranking_{rank}")(3),
         "rank_favorite", {"id": 3, "rank": rank})
        for rank in ("top", "bottom", "higher", "lower")
    ],
]

# The vendor's newest client has no methods for themes any more: their requests are compared with recorded ones.
OPERATIONS = {
    "list_users", "create_user", "me", "update_me", "my_activity", "my_organization_admins", "user", "update_user",
    "list_api_keys", "create_api_key", "api_key", "revoke_api_key", "delete_sessions", "delete_2fa", "unsuspend",
    "send_access_email", "my_favorites", "add_favorite", "delete_favorite", "rank_favorite",
}
MEANT: dict[str, str] = {}
NEEDLESS: dict[str, list[str]] = {}

# The vendor's specification, which the client carries.
SPECIFICATION = json.loads((Path(civis.__file__).parent / "resources" / "civis_api_spec.json").read_text())
OPERATION_TABLE = {
    (method.upper(), path): resolved(SPECIFICATION, operation.get("parameters", []))
    for path, methods in SPECIFICATION["paths"].items()
    for method, operation in methods.items()
}
UNSPECIFIED = {}


def specification_fault(request):
    return fault_of(OPERATION_TABLE, request)


FAULTY = [
    ({"method": "GET", "path": "/users/7/colour"}, "no operation"),
    ({"method": "GET", "path": "/users", "query": "colour=red"}, "no parameter"),
    ({"method": "PATCH", "path": "/users/7", "body": '{"colour": "red"}'}, "members unknown"),
    ({"method": "POST", "path": "/users", "body": '{"email": "ada@example.org"}'}, "missing"),
]
