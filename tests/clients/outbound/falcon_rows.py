from falconpy import UserManagement
from falconpy._endpoint._oauth2 import _oauth2_endpoints
from falconpy._endpoint._user_management import _user_management_endpoints

from specifications import fault_of

PLATFORM = "falcon"
ID, SECRET = "0123456789abcdef0123456789abcdef", "s" * 40
CREDENTIAL = f"{ID}:{SECRET}"
FAILURES = ()
UUID = "1ab2c345-67d8-40e1-a345-6789f0a12bc3"
OTHER = "2ab2c345-67d8-40e1-a345-6789f0a12bc3"
CID = "a1" * 16


def answer(method, path, body):
    if path == "/oauth2/token":
        return 201, {"access_token": "token", "expires_in": 1799, "token_type": "bearer"}
    user = {"uuid": UUID, "uid": "ada@example.org", "customer": CID}
    if "/queries/" in path:
        resources = [UUID]
    elif "roles" in path:
        resources = [] if method == "GET" or path.endswith("/GET/v2") else ["admin"]
    else:
        resources = [user]
    created = method == "POST" and path.endswith("/entities/users/v1")
    return (201 if created else 200), {
        "meta": {"query_time": 0.1, "trace_id": "t", "pagination": {"offset": 0, "limit": 100, "total": 1}},
        "errors": [],
        "resources": resources,
    }


def client(url):
    return UserManagement(client_id=ID, client_secret=SECRET, base_url=url)


GRANTS = {"cid": CID, "direct_only": True, "filter": "role_id:'admin'", "limit": 10, "offset": 5, "sort": "role_name|asc"}

ROWS = [
    ("get_roles", lambda falcon: falcon.get_roles(ids=["a", "b"]), "get_roles", {"roles": ["a", "b"]}),
    ("get_user_grants v1", lambda falcon: falcon.get_user_grants_v1(user_uuid=UUID, **GRANTS), "get_user_grants",
     {"user": UUID, **GRANTS}),
    ("get_user_grants v2", lambda falcon: falcon.get_user_grants(user_uuid=UUID, **GRANTS), "get_user_grants",
     {"user": UUID, **GRANTS, "v2": True}),
    ("query_roles", lambda falcon: falcon.query_roles(action="grant", cid=CID, user_uuid=UUID), "query_roles",
     {"action": "grant", "cid": CID, "user": UUID}),
    ("query_roles of all", lambda falcon: falcon.query_roles(), "query_roles", {}),
    ("query_users", lambda falcon: falcon.query_users(filter="uid:'ada@example.org'", limit=10, offset=0, sort="uid|asc"),
     "query_users", {"filter": "uid:'ada@example.org'", "limit": 10, "offset": 0, "sort": "uid|asc"}),
    ("get_roles_mssp v1", lambda falcon: falcon.get_roles_mssp_v1(ids=["a", "b"], cid=CID), "get_roles_mssp",
     {"roles": ["a", "b"], "cid": CID}),
    ("get_roles_mssp v2", lambda falcon: falcon.get_roles_mssp(ids=["a", "b"], cid=CID), "get_roles_mssp_v2",
     {"roles": ["a", "b"], "cid": CID}),
    ("user_action", lambda falcon: falcon.user_action(action_name="reset_password", ids=[UUID]), "user_action",
     {"action": "reset_password", "ids": [UUID]}),
    ("user_action 2fa", lambda falcon: falcon.user_action(action_name="reset_2fa", ids=[UUID, OTHER]), "user_action",
     {"action": "reset_2fa", "ids": [UUID, OTHER]}),
    ("user_roles_action", lambda falcon: falcon.user_roles_action(action="grant", cid=CID, uuid=UUID, role_ids=["a"]),
     "user_roles_action", {"action": "grant", "cid": CID, "user": UUID, "roles": ["a"]}),
    ("user_roles_action revoke", lambda falcon: falcon.user_roles_action(action="revoke", cid=CID, uuid=UUID, role_ids=["a"]),
     "user_roles_action", {"action": "revoke", "cid": CID, "user": UUID, "roles": ["a"]}),
    ("grant_user_role_ids", lambda falcon: falcon.grant_user_role_ids(user_uuid=UUID, role_ids=["a", "b"]),
     "grant_user_role_ids", {"user": UUID, "roles": ["a", "b"]}),
    ("revoke_user_role_ids", lambda falcon: falcon.revoke_user_role_ids(user_uuid=UUID, ids=["a", "b"]),
     "revoke_user_role_ids", {"user": UUID, "roles": ["a", "b"]}),
    ("get_available_role_ids", lambda falcon: falcon.get_available_role_ids(), "get_available_role_ids", {}),
    ("get_user_role_ids", lambda falcon: falcon.get_user_role_ids(user_uuid=UUID), "get_user_role_ids", {"user": UUID}),
    ("retrieve_user", lambda falcon: falcon.retrieve_user(ids=[UUID, OTHER]), "retrieve_user", {"ids": [UUID, OTHER]}),
    ("retrieve_users", lambda falcon: falcon.retrieve_users(ids=[UUID, OTHER]), "retrieve_users", {"ids": [UUID, OTHER]}),
    ("create_user", lambda falcon: falcon.create_user(
        body={"uid": "ada@example.org", "firstName": "Ada", "lastName": "Lovelace", "password": "Cobalt-73!"}),
     "create_user", {"uid": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace", "password": "Cobalt-73!"}),
    ("create_user_mssp", lambda falcon: falcon.create_user_mssp(
        uid="ada@example.org", first_name="Ada", last_name="Lovelace", password="Cobalt-73!", cid=CID), "create_user_mssp",
     {"uid": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace", "password": "Cobalt-73!", "cid": CID}),
    ("validate_user", lambda falcon: falcon.create_user_mssp(uid="ada@example.org", validate_only=True), "validate_user",
     {"uid": "ada@example.org"}),
    ("delete_user", lambda falcon: falcon.delete_user(user_uuid=UUID), "delete_user", {"user": UUID}),
    ("delete_user_mssp", lambda falcon: falcon.delete_user_mssp(user_uuid=UUID), "delete_user_mssp", {"user": UUID}),
    ("update_user", lambda falcon: falcon.update_user(user_uuid=UUID, body={"firstName": "Ada", "lastName": "King"}),
     "update_user", {"user": UUID, "first_name": "Ada", "last_name": "King"}),
    ("update_user_mssp", lambda falcon: falcon.update_user_mssp(user_uuid=UUID, first_name="Ada", last_name="King"),
     "update_user_mssp", {"user": UUID, "first_name": "Ada", "last_name": "King"}),
    ("retrieve_emails_by_cid", lambda falcon: falcon.retrieve_emails_by_cid(), "retrieve_emails_by_cid", {}),
    ("retrieve_user_uuids_by_cid", lambda falcon: falcon.retrieve_user_uuids_by_cid(), "retrieve_user_uuids_by_cid", {}),
    ("retrieve_user_uuid", lambda falcon: falcon.retrieve_user_uuid(uid=["ada@example.org", "b@example.org"]),
     "retrieve_user_uuid", {"uids": ["ada@example.org", "b@example.org"]}),
]

OPERATIONS = {
    "get_roles", "get_user_grants", "query_roles", "query_users", "get_roles_mssp", "user_action", "user_roles_action",
    "grant_user_role_ids", "revoke_user_role_ids", "get_available_role_ids", "get_user_role_ids", "retrieve_user",
    "retrieve_users", "create_user", "create_user_mssp", "delete_user", "delete_user_mssp", "update_user",
    "update_user_mssp", "retrieve_emails_by_cid", "retrieve_user_uuids_by_cid", "retrieve_user_uuid",
}
MEANT = {"validate_user": "falconpy drops validate_only, and so makes the user that was only to be looked at"}
NEEDLESS: dict[str, list[str]] = {}
# A token is asked for whenever one is needed.
ALWAYS_NEEDLESS = ["oauth2/token"]

# What falconpy says of each operation: method, path, parameters with their bounds.
OPERATION_TABLE = {
    (method, path): parameters
    for _, method, path, _, _, parameters in [*_user_management_endpoints, *_oauth2_endpoints]
}
UNSPECIFIED = {}


def specification_fault(request):
    return fault_of(OPERATION_TABLE, request)


FAULTY = [
    ({"method": "GET", "path": "/user-management/queries/users/v9"}, "no operation"),
    ({"method": "GET", "path": "/user-management/queries/users/v1", "query": "colour=red"}, "no parameter"),
    ({"method": "GET", "path": "/user-management/queries/users/v1", "query": "limit=501"}, "out of bounds"),
    ({"method": "GET", "path": "/user-management/queries/users/v1", "query": "sort=colour"}, "no choice"),
    ({"method": "GET", "path": "/users/entities/users/v1"}, "missing"),
]
