"""The generated client of Modern MISP: the requests it makes on the paths that are MISP's own too. Its models of
answers are Modern MISP's, so the answers are looked at as they come."""

import os

from mmisp.api_client import AuthenticatedClient
from mmisp.api_client.api.auth_keys import auth_keys_add_user_depr_auth_keys_add_user_id_post as add_key
from mmisp.api_client.api.roles import get_all_roles_roles_get as roles
from mmisp.api_client.api.users import add_user_deprecated_admin_users_add_post as add_user
from mmisp.api_client.api.users import delete_user_depr_admin_users_delete_user_id_delete as delete_user
from mmisp.api_client.api.users import get_all_users_deprecated_admin_users_get as all_users
from mmisp.api_client.api.users import get_logged_in_user_info_users_view_me_json_get as own
from mmisp.api_client.api.users import get_user_by_id_depr_admin_users_view_user_id_get as one_user
from mmisp.api_client.models.add_auth_key_body import AddAuthKeyBody
from mmisp.api_client.models.add_user_body import AddUserBody

EMAIL = f"m{os.getpid()}@example.org"


def connect(usher, key):
    """Sends what the client's modules make of their arguments."""
    address = usher.env["MISP_URL"].rstrip("/")
    client = AuthenticatedClient(base_url=address, token=key, prefix="").with_headers({"Accept": "application/json"})
    return lambda module, *arguments, **options: client.get_httpx_client().request(
        **module._get_kwargs(*arguments, **options)
    )


def test_a_round_of_user_administration(usher):
    ask = connect(usher, usher.env["MISP_KEY"])
    assert ask(own).json()["User"]["id"] == "1"
    body = AddUserBody(
        authkey="", contactalert=True, nids_sid=4000123, org_id=1, email=EMAIL, termsaccepted=True, disabled=False,
        notification_daily=False, notification_weekly=False, notification_monthly=False,
        password="Quiet-Harbour-Lantern-42", name="Ada", role_id="3",
    )  # fmt: skip
    made = ask(add_user, body=body).json()["User"]
    assert (made["email"], made["nids_sid"], made["contactalert"]) == (EMAIL, "4000123", True)
    assert ask(one_user, made["id"]).json()["User"]["email"] == EMAIL
    assert made["id"] in [row["User"]["id"] for row in ask(all_users).json()]
    assert "Publisher" in [row["Role"]["name"] for row in ask(roles).json()]
    key = ask(add_key, int(made["id"]), body=AddAuthKeyBody(read_only=True)).json()["AuthKey"]
    theirs = connect(usher, key["authkey_raw"])
    assert theirs(own).json()["User"]["id"] == made["id"]
    assert theirs(all_users).status_code == 403
    assert ask(delete_user, made["id"]).json()["saved"] is True
